//! The other side: nginx, fcgiwrap and `git http-backend`, tuned as their manuals advise.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::children::{self, Running, command};

/// Serves every bare repository below a folder at `/NAME`.
#[derive(Debug)]
pub struct Peer {
    /// Where it listens.
    pub host: SocketAddr,
    // Dropped in this order: first the one in front.
    _nginx: Running,
    _fcgiwrap: Running,
}

impl Peer {
    /// Starts both. Their files go to `scratch`.
    pub fn start(repositories: &Path, scratch: &Path) -> anyhow::Result<Self> {
        let socket = scratch.join("fcgi.sock");
        let workers = std::thread::available_parallelism().map_or(2, usize::from) * 2;
        let mut fcgiwrap = command(children::find("fcgiwrap")?, scratch);
        fcgiwrap.args(["-c", &workers.to_string(), "-s"]).arg(format!("unix:{}", socket.display()));
        let fcgiwrap = Running::start(fcgiwrap.stdout(Stdio::null()).stderr(Stdio::null()))?;
        let host = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let file = scratch.join("nginx.conf");
        std::fs::write(&file, configuration(host, repositories, scratch, &socket)?)?;
        let mut nginx = command(children::find("nginx")?, scratch);
        nginx.arg("-p").arg(scratch).arg("-c").arg(&file).arg("-e").arg(scratch.join("error.log"));
        let mut nginx = Running::start(nginx.stdout(Stdio::null()).stderr(Stdio::null()))?;
        wait_for(host, &socket, &mut nginx).with_context(|| std::fs::read_to_string(scratch.join("error.log")).unwrap_or_default())?;
        Ok(Self { host, _nginx: nginx, _fcgiwrap: fcgiwrap })
    }
}

/// The answer of a git process of this request's own, as servers start it that leave the protocol to git: no web server, no CGI.
pub fn spawned(repository: &Path, body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut git = command("git", repository);
    git.args(["upload-pack", "--stateless-rpc"]).arg(repository).env("GIT_PROTOCOL", "version=2");
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().context("no standard input")?.write_all(body)?;
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "git upload-pack failed: {}", output.status);
    Ok(output.stdout)
}

fn configuration(host: SocketAddr, repositories: &Path, scratch: &Path, socket: &Path) -> anyhow::Result<String> {
    let (scratch, socket, repositories) = (scratch.display(), socket.display(), repositories.display());
    let backend = backend()?;
    // As root, the workers too: the repositories belong to root then, and git trusts no other owner.
    let user = if rustix::process::getuid().is_root() { "user root;" } else { "" };
    Ok(format!(
        "{user}
daemon off;
worker_processes auto;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  keepalive_requests 10000000;
  client_max_body_size 0;
  client_body_temp_path {scratch}/body;
  proxy_temp_path {scratch}/proxy;
  fastcgi_temp_path {scratch}/fastcgi;
  uwsgi_temp_path {scratch}/uwsgi;
  scgi_temp_path {scratch}/scgi;
  fastcgi_buffers 64 16k;
  fastcgi_max_temp_file_size 0;
  fastcgi_read_timeout 300s;
  server {{
    listen {host} backlog=512;
    location / {{
      fastcgi_pass unix:{socket};
      fastcgi_param SCRIPT_FILENAME {backend};
      fastcgi_param GIT_PROJECT_ROOT {repositories};
      fastcgi_param GIT_HTTP_EXPORT_ALL 1;
      fastcgi_param GIT_CONFIG_NOSYSTEM 1;
      fastcgi_param GIT_PROTOCOL $http_git_protocol;
      fastcgi_param HOME {scratch};
      fastcgi_param PATH_INFO $uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param REMOTE_ADDR $remote_addr;
    }}
  }}
}}
",
        backend = backend.display()
    ))
}

/// Of the very git that is on the search path.
fn backend() -> anyhow::Result<PathBuf> {
    let folder = children::text(command("git", Path::new("/")).arg("--exec-path"))?;
    let path = PathBuf::from(folder).join("git-http-backend");
    if path.is_file() { Ok(path) } else { bail!("git has no http-backend at {}", path.display()) }
}

/// Until both sockets answer.
fn wait_for(host: SocketAddr, socket: &Path, nginx: &mut Running) -> anyhow::Result<()> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(10) {
        nginx.check()?;
        if TcpStream::connect(host).is_ok() && std::os::unix::net::UnixStream::connect(socket).is_ok() {
            return Ok(());
        }
        std::thread::yield_now();
    }
    bail!("nginx or fcgiwrap does not answer")
}
