//! One channel: the command that it brings, git's bytes in both directions, and how it ends.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hardie_app::lfs::{self, LfsEndpoint, LfsOperation};
use hardie_app::transport::{Service, Version, git_receive_pack, git_upload_archive, git_upload_pack};
use hardie_app::{App, Ctx, Error, identity};
use hardie_domain::access::{Actor, Credential};
use hardie_domain::push::Door;
use russh::server::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use serde_json::json;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::command::{self, Asked as Program, Command};
use crate::connection::{Activity, Running, Shared};

/// The one variable that a client may set.
pub const GIT_PROTOCOL: &str = "GIT_PROTOCOL";
/// The longest value of it that is looked at.
const MOST_PROTOCOL_BYTES: usize = 256;
/// After this long a key is looked up again before a command: it may have been removed, or its owner disabled, while a
/// client kept its connection.
const TRUSTED_FOR: Duration = Duration::from_secs(30);
/// How long a client may take to accept the last words.
const FAREWELL: Duration = Duration::from_secs(10);
/// The stream of RFC 4254 section 5.2 that is standard error.
const STDERR: u32 = 1;

/// What git itself exits with when it cannot go on.
const EXIT_FATAL: u32 = 128;

/// The client as far as a channel needs to know it.
pub struct Client {
    /// What all connections share.
    pub shared: Arc<Shared>,
    /// Where it comes from.
    pub address: IpAddr,
    /// Who it proved to be.
    pub actor: Actor,
    /// The key by which it did, in wire form.
    pub blob: Arc<[u8]>,
    /// When.
    pub proven_at: Instant,
    /// Told when a command begins and ends.
    pub activity: watch::Sender<Activity>,
}

/// What a client asks of its channel.
enum Asked {
    Exec(Vec<u8>),
    Shell,
    Subsystem(String),
    /// It went away without asking for anything.
    Nothing,
}

/// Serves one channel to its end.
pub async fn serve(client: Client, channel: Channel<Msg>) {
    let (mut read, write) = channel.split();
    let mut version = Version::V0;
    let asked = asked(&mut read, &mut version).await;
    let _running = Running::begin(client.activity.clone());
    let status = match asked {
        Asked::Nothing => return,
        Asked::Shell => {
            let greeting = match client.actor.credential {
                Credential::DeployKey(_) => "Hi! This deploy key works, for git in its repository alone.\n".to_owned(),
                _ => format!("Hi {}! Your key works. There is no shell here, only git.\n", client.actor.name),
            };
            say(&write, None, &greeting).await;
            0
        }
        Asked::Subsystem(name) => {
            let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            say(&write, Some(STDERR), &format!("hardie: the subsystem '{name}' is not offered, only git\n")).await;
            1
        }
        Asked::Exec(line) => match command::parse(&line) {
            Ok(command) => run(&client, &command, version, &mut read, &write).await,
            Err(text) => {
                say(&write, Some(STDERR), &format!("hardie: {text}\n")).await;
                EXIT_FATAL
            }
        },
    };
    // In this order: clients take a channel that closes before its exit status for one that crashed.
    let end = async {
        write.exit_status(status).await?;
        write.eof().await?;
        write.close().await
    };
    if let Ok(Err(error)) = tokio::time::timeout(FAREWELL, end).await {
        tracing::debug!(%error, "ssh: the client left before the end");
    }
}

async fn asked(read: &mut ChannelReadHalf, version: &mut Version) -> Asked {
    while let Some(message) = read.wait().await {
        match message {
            ChannelMsg::SetEnv { variable_name, variable_value, .. }
                if variable_name == GIT_PROTOCOL && variable_value.len() <= MOST_PROTOCOL_BYTES =>
            {
                *version = Version::from_git_protocol(&variable_value);
            }
            ChannelMsg::Exec { command, .. } => return Asked::Exec(command),
            ChannelMsg::RequestShell { .. } => return Asked::Shell,
            ChannelMsg::RequestSubsystem { name, .. } => return Asked::Subsystem(name),
            ChannelMsg::Close => return Asked::Nothing,
            _ => {}
        }
    }
    Asked::Nothing
}

/// Runs one program; the exit status.
async fn run(client: &Client, command: &Command, version: Version, read: &mut ChannelReadHalf, write: &ChannelWriteHalf<Msg>) -> u32 {
    let request_id = request_id(client);
    let result = async {
        let ctx = Ctx {
            actor: Some(still_proven(client).await?),
            door: Door::Ssh,
            address: Some(client.address),
            request_id: request_id.clone(),
        };
        let app = &client.shared.app;
        let (input, output) = (read.make_reader(), write.make_writer());
        match command.service {
            Program::Git(Service::UploadPack) => git_upload_pack(app, &ctx, &command.path, version, false, input, output).await,
            Program::Git(Service::ReceivePack) => git_receive_pack(app, &ctx, &command.path, version, false, input, output).await,
            Program::Git(Service::UploadArchive) => git_upload_archive(app, &ctx, &command.path, input, output).await,
            Program::Lfs(operation) => lfs_authenticate(app, &ctx, command, operation, output).await,
        }
    };
    match result.await {
        Ok(()) => 0,
        Err(error) => {
            if let Error::Internal(source) = &error {
                tracing::error!(request_id, user = %client.actor.name, error = %source, "ssh: a command failed");
            }
            say(write, Some(STDERR), &format!("hardie: {}\n", refusal(&error, &request_id))).await;
            EXIT_FATAL
        }
    }
}

/// Tells an LFS client where the objects are (git-lfs, `docs/api/server-discovery.md`).
async fn lfs_authenticate(
    app: &App,
    ctx: &Ctx,
    command: &Command,
    operation: LfsOperation,
    mut output: impl AsyncWrite + Unpin,
) -> hardie_app::Result<()> {
    let LfsEndpoint { href, pass } = lfs::authenticate(app, ctx, &command.path, operation).await?;
    let header = json!({ "Authorization": format!("Bearer {}", pass.secret.expose()) });
    let answer = json!({ "href": href, "header": header, "expires_in": pass.expires_in });
    let write = async {
        output.write_all(format!("{answer}\n").as_bytes()).await?;
        output.flush().await
    };
    // A client that leaves is no fault of the server.
    if !matches!(tokio::time::timeout(FAREWELL, write).await, Ok(Ok(()))) {
        tracing::debug!("ssh: the client did not take its pass");
    }
    Ok(())
}

async fn still_proven(client: &Client) -> hardie_app::Result<Actor> {
    if client.proven_at.elapsed() < TRUSTED_FOR {
        return Ok(client.actor.clone());
    }
    let known = identity::authenticate_ssh_key(&client.shared.app, &client.blob).await?;
    known.ok_or_else(|| Error::unauthenticated("your key is no longer accepted; connect again"))
}

/// What a person reads. Missing and invisible repositories have one text.
fn refusal(error: &Error, request_id: &str) -> String {
    match error {
        Error::NotFound(_) => "repository not found, or you may not see it".to_owned(),
        Error::Internal(_) => format!("internal error; the server's log has more under {request_id}"),
        other => other.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
    }
}

async fn say(write: &ChannelWriteHalf<Msg>, stream: Option<u32>, text: &str) {
    let mut writer = Box::pin(write.make_writer_ext(stream));
    let said = tokio::time::timeout(FAREWELL, writer.write_all(text.as_bytes())).await;
    if !matches!(said, Ok(Ok(()))) {
        tracing::debug!("ssh: the client did not take the last words");
    }
}

fn request_id(client: &Client) -> String {
    let mut bytes = [0u8; 8];
    client.shared.app.entropy.fill(&mut bytes);
    bytes.iter().fold(String::new(), |mut id, byte| {
        // Writing to a String does not fail.
        let _written = write!(id, "{byte:02x}");
        id
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_invisible_repositories_have_one_text() {
        let text = refusal(&Error::NotFound("repository"), "id");
        assert_eq!(text, "repository not found, or you may not see it");
        assert_eq!(refusal(&Error::NotFound("owner"), "id"), text);
    }

    #[test]
    fn faults_show_no_detail_and_texts_stay_on_one_line() {
        let fault = refusal(&Error::internal("password=hunter2"), "abc");
        assert!(!fault.contains("hunter2") && fault.contains("abc"));
        assert_eq!(refusal(&Error::forbidden("no\n\x1b[31mway"), "abc"), "no  [31mway");
    }
}
