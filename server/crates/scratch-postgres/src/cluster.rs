//! Starting a server, and making sure that it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Stdio};

use crate::Error;
use crate::place::{self, Unprivileged};

/// Another program can take a port between our choosing it and the server's binding it.
const ATTEMPTS: usize = 5;

/// The shell stands between us and the server and reads a pipe that we hold: it sees the end of the pipe however we end, even
/// by `SIGKILL`, ends the server at once and removes its folder. Nothing is left behind.
const KEEPER: &str = r#"
trap '' INT TERM
folder=$1; shift
"$@" </dev/null &
server=$!
( wait_for_end() { while read -r _; do :; done; }; wait_for_end; kill -QUIT "$server" 2>/dev/null ) <&3 &
watcher=$!
exec 3<&-
wait "$server"
kill -KILL "$watcher" 2>/dev/null
case "$folder" in */hardie-postgres-*) rm -rf -- "$folder" ;; esac
"#;

/// A running server. It ends when this is dropped or the process ends, whichever comes first.
#[derive(Debug)]
pub struct Cluster {
    keeper: Child,
    url: String,
}

impl Cluster {
    /// Makes a data folder in the temporary folder and starts a server on it: about a second.
    ///
    /// It is fast and forgetful: no write is synced. As root, the server runs as the user `postgres`, else `nobody`.
    ///
    /// # Errors
    /// [`Error`] when PostgreSQL is not installed or does not start.
    pub fn start() -> Result<Self, Error> {
        let programs = place::server_programs()?;
        let user = place::other_user()?;
        let password = random_word()?;
        let mut last = None;
        for _ in 0..ATTEMPTS {
            let folder = make_folder(user)?;
            match initialise(&programs, &folder, user, &password).and_then(|()| serve(&programs, &folder, user, &password)) {
                Ok(cluster) => return Ok(cluster),
                Err(error) => {
                    let _ = std::fs::remove_dir_all(&folder);
                    let taken = matches!(&error, Error::Failed(_, text) if text.contains("Address already in use"));
                    if !taken {
                        return Err(error);
                    }
                    last = Some(error);
                }
            }
        }
        Err(last.unwrap_or(Error::NotInstalled))
    }

    /// `postgres://hardie:PASSWORD@127.0.0.1:PORT/postgres`: a superuser on the maintenance database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn make_folder(user: Option<Unprivileged>) -> Result<PathBuf, Error> {
    use std::os::unix::fs::DirBuilderExt as _;
    let folder = std::env::temp_dir().join(format!("hardie-postgres-{}", random_word()?));
    std::fs::DirBuilder::new().mode(0o700).create(&folder).map_err(Error::Folder)?;
    if let Some(user) = user {
        std::os::unix::fs::chown(&folder, Some(user.uid), Some(user.gid)).map_err(Error::Folder)?;
    }
    Ok(folder)
}

fn initialise(programs: &Path, folder: &Path, user: Option<Unprivileged>, password: &str) -> Result<(), Error> {
    let secret = folder.join("password");
    std::fs::write(&secret, password).map_err(Error::Folder)?;
    if let Some(user) = user {
        std::os::unix::fs::chown(&secret, Some(user.uid), Some(user.gid)).map_err(Error::Folder)?;
    }
    let output = place::command(programs.join("initdb"), user)
        .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US"])
        // A cleartext password over loopback: other users of the machine are kept out, and a connection costs no key derivation.
        .args(["--auth=password", "--username=hardie", "--pwfile"])
        .arg(&secret)
        .arg("--pgdata")
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::Spawn("initdb", error))?;
    let _ = std::fs::remove_file(secret);
    if output.status.success() { Ok(()) } else { Err(Error::Failed("initdb", last_lines(&String::from_utf8_lossy(&output.stderr)))) }
}

fn serve(programs: &Path, folder: &Path, user: Option<Unprivileged>, password: &str) -> Result<Cluster, Error> {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).map_err(Error::Folder)?.port();
    let settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "max_connections=300",
        "shared_buffers=64MB",
        "autovacuum=off",
        "logging_collector=off",
        "log_min_messages=warning",
    ];
    let mut command = place::command("/bin/sh", user);
    // The pipe is standard input of the shell; its copy at 3 is what the watcher reads, since a background job's own is closed.
    command.arg("-c").arg(format!("exec 3<&0\n{KEEPER}")).arg("hardie-postgres").arg(folder);
    command.arg(programs.join("postgres")).arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    let mut keeper = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Error::Spawn("postgres", error))?;
    let Some(log) = keeper.stderr.take() else {
        return Err(Error::Failed("postgres", "its log could not be read".to_owned()));
    };
    let url = format!("postgres://hardie:{password}@127.0.0.1:{port}/postgres");
    // Dropping the cluster ends the server, so it is made before anything below can fail.
    let cluster = Cluster { keeper, url };
    wait_until_ready(log)?;
    Ok(cluster)
}

/// Reads the server's log up to the line that says it accepts connections, then leaves a thread to drain the rest.
fn wait_until_ready(log: ChildStderr) -> Result<(), Error> {
    let mut log = BufReader::new(log);
    let mut text = String::new();
    loop {
        let start = text.len();
        let read = log.read_line(&mut text).map_err(|error| Error::Spawn("postgres", error))?;
        if read == 0 {
            return Err(Error::Failed("postgres", last_lines(&text)));
        }
        if text.get(start..).is_some_and(|line| line.contains("ready to accept connections")) {
            break;
        }
    }
    std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    Ok(())
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(4)..).unwrap_or_default().join(" | ")
}

fn random_word() -> Result<String, Error> {
    let mut bytes = [0_u8; 12];
    std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).map_err(Error::Folder)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
