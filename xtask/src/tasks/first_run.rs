//! `cargo xtask run` as somebody meets it for the first time: an empty data folder, and the addresses that it prints.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::house::House;
use crate::{say, shell};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts it, follows what it says, signs in as it says, and stops it as a person would.
pub fn check(house: &House) -> anyhow::Result<()> {
    let data = house.target.join("first-run");
    if data.exists() {
        std::fs::remove_dir_all(&data).with_context(|| format!("{} cannot be removed", data.display()))?;
    }
    let [http, ssh, web] = free_addresses()?;
    // cargo becomes the program that it runs, so that its id is the one to signal.
    let mut command = shell::cargo(house)?;
    command.args(["xtask", "run", "--data-dir"]).arg(&data).stdout(Stdio::piped());
    for (variable, address) in [("HARDIE_HTTP_LISTEN", http), ("HARDIE_SSH_LISTEN", ssh), ("HARDIE_WEB_LISTEN", web)] {
        command.env(variable, address.to_string());
    }
    let mut child = command.spawn().context("cargo xtask run could not be started")?;
    let mut said = BufReader::new(child.stdout.take().context("no standard output")?);
    let followed = follow(&mut said, http, ssh, web);
    // It has nothing more to say that is looked at, but a full pipe must not stop it.
    std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
    kill_process(Pid::from_child(&child), Signal::INT)?;
    let status = child.wait()?;
    followed?;
    ensure!(status.success(), "cargo xtask run ended with {status} after Ctrl-C");
    Ok(())
}

fn follow(said: &mut impl BufRead, http: SocketAddr, ssh: SocketAddr, web: SocketAddr) -> anyhow::Result<()> {
    let mut before = String::new();
    let (name, password) = loop {
        let mut line = String::new();
        if said.read_line(&mut line)? == 0 {
            bail!("it ended before it named a sign-in:\n{before}");
        }
        before.push_str(&line);
        if let Some(sign_in) = line.trim().strip_prefix("sign in") {
            let (name, rest) = sign_in.trim().split_once(" with the password ").with_context(|| format!("no password in {line:?}"))?;
            break (name.to_owned(), rest.split(' ').next().unwrap_or_default().to_owned());
        }
    };
    let page = ask(web, "GET / HTTP/1.1\r\n", "")?;
    ensure!(page.starts_with("HTTP/1.1 200") && page.contains("<title>"), "the web UI answered: {page:.300}");
    let body = format!("{{\"username\":\"{name}\",\"password\":\"{password}\"}}");
    let head = format!(
        "POST /api/v1/user/sessions HTTP/1.1\r\nContent-Type: application/json\r\nX-Hardie-CSRF: 1\r\nContent-Length: {}\r\n",
        body.len()
    );
    for door in [http, web] {
        let answer = ask(door, &head, &body)?;
        ensure!(answer.starts_with("HTTP/1.1 201"), "signing in as printed, at {door}: {answer:.600}");
    }
    let mut greeting = [0; 4];
    connect(ssh)?.read_exact(&mut greeting)?;
    ensure!(greeting == *b"SSH-", "no SSH at {ssh}");
    say(&format!("{name} signs in at {web} and {http}; SSH answers at {ssh}"));
    Ok(())
}

/// One request; the whole answer.
fn ask(address: SocketAddr, head: &str, body: &str) -> anyhow::Result<String> {
    let mut line = connect(address)?;
    line.write_all(format!("{head}Host: localhost:{}\r\nConnection: close\r\n\r\n{body}", address.port()).as_bytes())?;
    let mut answer = Vec::new();
    line.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let line = TcpStream::connect_timeout(&address, PATIENCE).with_context(|| format!("nobody at {address}"))?;
    line.set_read_timeout(Some(PATIENCE))?;
    Ok(line)
}

/// Three that are free now; all are held until the last is known.
fn free_addresses() -> anyhow::Result<[SocketAddr; 3]> {
    let bind = || TcpListener::bind(("127.0.0.1", 0));
    let held = [bind()?, bind()?, bind()?];
    Ok([held[0].local_addr()?, held[1].local_addr()?, held[2].local_addr()?])
}
