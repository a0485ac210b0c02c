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
    let mut session = match begun.await {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => return tracing::debug!(%address, %error, "ssh: no beginning"),
        Err(_) => return tracing::debug!(%address, "ssh: no identification in time"),
    };
    let handle = session.handle();
    tokio::select! {
        ended = &mut session => {
            if let Err(error) = ended {
                tracing::debug!(%address, %error, "ssh: connection ended");
            }
            return;
        }
        reason = overstayed(&shared, watched) => {
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
async fn overstayed(shared: &Shared, mut watched: watch::Receiver<Activity>) -> &'static str {
    let signing_in = tokio::time::sleep(shared.config.login_grace);
    tokio::pin!(signing_in);
    loop {
        let now = *watched.borrow_and_update();
        let idle = async {
            match now.signed_in && now.running == 0 {
                true => tokio::time::sleep(shared.config.idle).await,
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
            () = shared.shutdown.cancelled(), if now.running == 0 => return "the server is shutting down",
        }
    }
}

async fn dismiss(handle: &Handle, reason: &str) {
    let farewell = handle.disconnect(Disconnect::ByApplication, reason.to_owned(), String::new());
    let _sent = tokio::time::timeout(Duration::from_secs(1), farewell).await;
}
