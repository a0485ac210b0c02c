//! `cargo xtask run`: everything from nothing, until Ctrl-C.

mod child;
mod first_user;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::{Context as _, bail};

use self::child::{Child, News};
use super::{build, ports};
use crate::args;
use crate::house::House;
use crate::progress::{Outcome, Progress};
use crate::setup::{self, Purpose};
use crate::{say, shell};

struct Addresses {
    http: SocketAddr,
    ssh: SocketAddr,
    web: SocketAddr,
}

/// Sets up, builds, starts, and waits for Ctrl-C or for a part to end.
pub fn run(house: &House, options: &args::Run) -> anyhow::Result<()> {
    let addresses = addresses()?;
    let data_dir = data_dir(house, options)?;
    let mut progress = Progress::new(Purpose::Run.steps() + build::STEPS + 3);
    let wasm = setup::all(house, Purpose::Run, &mut progress)?;
    build::everything(house, options.release, &wasm, &mut progress)?;
    let binary = house.binary(options.release);
    // Before the server starts: nobody else can have taken the first account then.
    let sign_in = progress.loud("first administrator", || first_user::ensure(house, &binary, &data_dir))?;
    let (news, arrivals) = mpsc::channel();
    child::watch_signals(news.clone())?;
    let mut server = None;
    progress.quiet("server", || {
        server = Some(Child::start("hardie serve", &mut serve_command(house, &binary, &data_dir, &addresses)?, &news, &arrivals)?);
        Ok(Outcome::Done)
    })?;
    let mut web = None;
    progress.quiet("web UI", || {
        web = Some(Child::start("hardie web", &mut web_command(house, &binary, &addresses)?, &news, &arrivals)?);
        Ok(Outcome::Done)
    })?;
    announce(&addresses, &data_dir, &sign_in, &binary);
    let why = arrivals.recv().context("nothing is left to wait for")?;
    say("\nstopping: requests under way are finished");
    drop(web);
    drop(server);
    match why {
        News::Interrupted => Ok(()),
        News::Ended(name, status) => bail!("{name} ended by itself ({status}); its messages are above"),
    }
}

fn addresses() -> anyhow::Result<Addresses> {
    let addresses = Addresses {
        http: ports::wanted("HARDIE_HTTP_LISTEN", 3000)?,
        ssh: ports::wanted("HARDIE_SSH_LISTEN", 2222)?,
        web: ports::wanted("HARDIE_WEB_LISTEN", 8080)?,
    };
    ports::check_free(addresses.http, "the API and git over HTTP", "HARDIE_HTTP_LISTEN")?;
    ports::check_free(addresses.ssh, "git over SSH", "HARDIE_SSH_LISTEN")?;
    ports::check_free(addresses.web, "the web UI", "HARDIE_WEB_LISTEN")?;
    Ok(addresses)
}

/// A relative folder is meant from where the person stands; cargo has not changed that.
fn data_dir(house: &House, options: &args::Run) -> anyhow::Result<PathBuf> {
    match &options.data_dir {
        Some(folder) => Ok(std::env::current_dir().context("the current folder is gone")?.join(folder)),
        None => Ok(house.root.join("hardie-data")),
    }
}

fn serve_command(house: &House, binary: &Path, data_dir: &Path, addresses: &Addresses) -> anyhow::Result<std::process::Command> {
    let mut command = shell::command(house, binary)?;
    command.arg("serve").arg("--data-dir").arg(data_dir);
    command.args(["--http-listen", &addresses.http.to_string(), "--ssh-listen", &addresses.ssh.to_string()]);
    command.args(["--public-url", &address_for_people(addresses.web)]);
    // The web UI passes requests on from this machine and says for whom.
    command.args(["--trusted-proxies", "127.0.0.0/8,::1/128"]);
    Ok(command)
}

fn web_command(house: &House, binary: &Path, addresses: &Addresses) -> anyhow::Result<std::process::Command> {
    let mut command = shell::command(house, binary)?;
    command.args(["web", "--listen", &addresses.web.to_string(), "--api", &format!("http://{}", addresses.http)]);
    command.arg("--dist").arg(house.web_dist());
    Ok(command)
}

fn address_for_people(address: SocketAddr) -> String {
    if address.ip().is_loopback() { format!("http://localhost:{}", address.port()) } else { format!("http://{address}") }
}

fn announce(addresses: &Addresses, data_dir: &Path, sign_in: &first_user::SignIn, binary: &Path) {
    say("");
    say(&format!("  web UI    {}", address_for_people(addresses.web)));
    say(&format!("  API, git  {}", address_for_people(addresses.http)));
    say(&format!("  SSH       ssh://git@localhost:{}", addresses.ssh.port()));
    say(&format!("  data      {}", data_dir.display()));
    say(&format!("  program   {}", binary.display()));
    say(&format!("  sign in   {sign_in}"));
    say("\nCtrl-C stops everything.");
}
