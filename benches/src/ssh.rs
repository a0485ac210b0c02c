//! OpenSSH: its server in front of git, on a free port and with keys of its own, and its client for both sides.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::children::{self, Running, command};
use crate::processes;

/// Where sshd wants to lock up what is not proven yet; it takes no other folder.
const LOCKED: &str = "/run/sshd";

/// Somebody with a key.
#[derive(Debug)]
pub struct Client {
    scratch: PathBuf,
}

impl Client {
    /// Makes the key.
    pub fn new(scratch: &Path) -> anyhow::Result<Self> {
        let client = Self { scratch: scratch.to_owned() };
        key(scratch, &client.key())?;
        Ok(client)
    }

    fn key(&self) -> PathBuf {
        self.scratch.join("client-key")
    }

    /// The line that a server has to know.
    pub fn public(&self) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(self.key().with_extension("pub"))?.trim().to_owned())
    }

    /// Runs a command on a server, over a connection of its own, and counts what it answers to `input`. Whichever ciphers the client
    /// likes best are taken: the same on all servers that know them.
    pub fn run(&self, user: &str, host: SocketAddr, line: &str, input: &[u8]) -> anyhow::Result<u64> {
        let mut ssh = command("ssh", &self.scratch);
        ssh.args(["-F", "/dev/null", "-p", &host.port().to_string(), "-i"]).arg(self.key());
        for option in [
            "IdentitiesOnly=yes",
            "BatchMode=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "LogLevel=ERROR",
            "SendEnv=GIT_PROTOCOL",
        ] {
            ssh.args(["-o", option]);
        }
        ssh.env("GIT_PROTOCOL", "version=2").arg(format!("{user}@{}", host.ip())).arg(line);
        let mut child = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("ssh could not be started")?;
        child.stdin.take().context("no standard input")?.write_all(input)?;
        let bytes = std::io::copy(&mut child.stdout.take().context("no standard output")?, &mut std::io::sink())?;
        let status = child.wait()?;
        ensure!(status.success(), "ssh {line}: {status}");
        Ok(bytes)
    }
}

/// A server that lets this client in as whoever runs the bench.
#[derive(Debug)]
pub struct Sshd {
    /// Where it listens.
    pub host: SocketAddr,
    /// As whom one comes in.
    pub user: String,
    process: Running,
}

impl Sshd {
    /// Starts it; `None` where there is no sshd. Its files go to `scratch`.
    pub fn start(scratch: &Path, client: &Client) -> anyhow::Result<Option<Self>> {
        let Ok(program) = children::find("sshd") else { return Ok(None) };
        if rustix::process::getuid().is_root() && !Path::new(LOCKED).is_dir() {
            std::fs::create_dir(LOCKED).with_context(|| format!("{LOCKED} cannot be made, and sshd does not start without"))?;
        }
        let (host_key, known) = (scratch.join("host-key"), scratch.join("known"));
        key(scratch, &host_key)?;
        std::fs::write(&known, client.public()?)?;
        let host = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let file = scratch.join("sshd.conf");
        std::fs::write(
            &file,
            format!(
                "ListenAddress {}\nPort {}\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
                 PermitRootLogin prohibit-password\nPermitUserRC no\nPidFile none\nAcceptEnv GIT_PROTOCOL\nLogLevel ERROR\nMaxStartups 100\n",
                host.ip(),
                host.port(),
                host_key.display(),
                known.display()
            ),
        )?;
        let log = std::fs::File::create(scratch.join("sshd.log"))?;
        let mut sshd = command(program, scratch);
        let mut process = Running::start(sshd.args(["-D", "-e", "-f"]).arg(&file).stdout(Stdio::null()).stderr(log))?;
        wait_for(host, &mut process).with_context(|| std::fs::read_to_string(scratch.join("sshd.log")).unwrap_or_default())?;
        Ok(Some(Self { host, user: children::text(command("id", scratch).arg("-un"))?, process }))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until nobody is connected: only then is what was done for them counted as its own.
    pub fn settle(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        while processes::tree(self.id()).len() > 1 {
            ensure!(started.elapsed() < Duration::from_secs(10), "sshd keeps a connection that is over");
            std::thread::park_timeout(Duration::from_millis(5));
        }
        Ok(())
    }
}

fn key(scratch: &Path, path: &Path) -> anyhow::Result<()> {
    children::output(command("ssh-keygen", scratch).args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path)).map(|_| ())
}

fn wait_for(host: SocketAddr, process: &mut Running) -> anyhow::Result<()> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        process.check()?;
        if TcpStream::connect(host).is_ok() {
            return Ok(());
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    bail!("sshd does not answer")
}
