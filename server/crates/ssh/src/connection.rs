//! One client from the first byte to the last: deadlines for signing in and for idling, and the end at shutdown.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hardie_app::App;
use russh::Disconnect;
use russh::server::{Handle, run_stream};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::config::SshConfig;
use crate::guarded::Guarded;
use crate::handler::ClientHandler;

/// What all connections share.
pub struct Shared {
    /// Use cases.
    pub app: App,
    /// Settings.
    pub config: SshConfig,
    /// The settings in the library's form.
    pub russh: Arc<russh::server::Config>,
    /// Cancelled when no new work shall begin.
    pub shutdown: CancellationToken,
    /// Cancelled when work under way shall end as well.
    pub force: CancellationToken,
}

/// What a connection is doing; decides how long it may go on doing it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// A key was proven.
    pub signed_in: bool,
    /// Commands under way.
    pub running: usize,
}

/// Counts a command as under way until it is dropped.
pub struct Running(watch::Sender<Activity>);

impl Running {
    /// Begins.
    pub fn begin(activity: watch::Sender<Activity>) -> Running {
        activity.send_modify(|now| now.running += 1);
        Running(activity)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|now| now.running -= 1);
    }
}

/// Serves one connection to its end.
pub async fn serve(shared: Arc<Shared>, stream: TcpStream, address: IpAddr) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "set_nodelay");
    }
    // Cutting the stream, or the end of this function however it comes, ends every task of this connection.
    let cut = shared.force.child_token();
    let _cut_at_end: DropGuard = cut.clone().drop_guard();
    let (activity, watched) = watch::channel(Activity::default());
    let handler = ClientHandler::new(shared.clone(), address, activity, cut.clone());
    let grace = shared.config.login_grace;
    let begun = tokio::time::timeout(grace, run_stream(shared.russh.clone(), Guarded::new(stream, cut.clone()), handler));
    let mut session = match shared.shutdown.run_until_cancelled(begun).await {
        Some(Ok(Ok(session))) => session,
        Some(Ok(Err(error))) => return tracing::debug!(%address, %error, "ssh: no beginning"),
        Some(Err(_)) => return tracing::debug!(%address, "ssh: no identification in time"),
        None => return,
    };
    let handle = session.handle();
    tokio::select! {
        ended = &mut session => {
            if let Err(error) = ended {
                tracing::debug!(%address, %error, "ssh: connection ended");
            }
            return;
        }
        reason = overstayed(&shared.config, &shared.shutdown, watched) => {
            tracing::debug!(%address, reason, "ssh: connection closed by the server");
            dismiss(&handle, reason).await;
        }
    }
    // The client has a moment to read the farewell and to hang up by itself.
    if tokio::time::timeout(Duration::from_secs(2), &mut session).await.is_err() {
        cut.cancel();
        let _ended = session.await;
    }
}

/// Completes when the connection has to go, with the text for the client.
async fn overstayed(config: &SshConfig, shutdown: &CancellationToken, mut watched: watch::Receiver<Activity>) -> &'static str {
    let signing_in = tokio::time::sleep(config.login_grace);
    tokio::pin!(signing_in);
    loop {
        let now = *watched.borrow_and_update();
        let idle = async {
            match now.signed_in && now.running == 0 {
                true => tokio::time::sleep(config.idle).await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = watched.changed() => if changed.is_err() {
                // The handler is gone, so the session is about to end by itself.
                std::future::pending::<()>().await;
            },
            () = &mut signing_in, if !now.signed_in => return "no key was proven in time",
            () = idle => return "no command for a long time",
            () = shutdown.cancelled(), if now.running == 0 => return "the server is shutting down",
        }
    }
}

async fn dismiss(handle: &Handle, reason: &str) {
    let farewell = handle.disconnect(Disconnect::ByApplication, reason.to_owned(), String::new());
    let _sent = tokio::time::timeout(Duration::from_secs(1), farewell).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host_keys::HostKeys;
    use tokio::time::{Instant, timeout};

    fn config() -> (tempfile::TempDir, SshConfig) {
        let dir = tempfile::tempdir().unwrap();
        let config = SshConfig::new(HostKeys::load_or_create(dir.path()).unwrap());
        (dir, config)
    }

    #[tokio::test(start_paused = true)]
    async fn who_proves_no_key_in_time_has_to_go() {
        let (_dir, config) = config();
        let (_activity, watched) = watch::channel(Activity::default());
        let begun = Instant::now();
        assert_eq!(overstayed(&config, &CancellationToken::new(), watched).await, "no key was proven in time");
        assert_eq!(begun.elapsed().as_secs(), config.login_grace.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_under_way_may_take_its_time_and_idling_may_not() {
        let (_dir, config) = config();
        let (activity, watched) = watch::channel(Activity { signed_in: true, running: 0 });
        let running = Running::begin(activity.clone());
        let shutdown = CancellationToken::new();
        let waiting = overstayed(&config, &shutdown, watched);
        tokio::pin!(waiting);
        assert!(timeout(config.idle * 100, &mut waiting).await.is_err());
        drop(running);
        let ended = Instant::now();
        assert_eq!(waiting.await, "no command for a long time");
        assert_eq!(ended.elapsed().as_secs(), config.idle.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn at_shutdown_the_idle_go_at_once_and_the_busy_when_they_are_done() {
        let (_dir, config) = config();
        let (activity, watched) = watch::channel(Activity { signed_in: true, running: 0 });
        let shutdown = CancellationToken::new();
        let running = Running::begin(activity.clone());
        shutdown.cancel();
        let waiting = overstayed(&config, &shutdown, watched);
        tokio::pin!(waiting);
        assert!(timeout(Duration::from_secs(60), &mut waiting).await.is_err());
        drop(running);
        assert_eq!(waiting.await, "the server is shutting down");
    }
}
