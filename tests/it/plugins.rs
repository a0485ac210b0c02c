//! A plugin's life as a person lives it: the real program on the command line, the real server, real pushes.

mod abuse;
mod altered;
mod deliveries;
mod events;
mod handled;
mod kept;
mod languages;
mod logs;
mod oci;
mod online;
mod replay;
mod run;
mod secrets;
mod sends;
mod signatures;
mod stock;
mod triggers;
mod versions;
mod web;

use std::path::Path;
use std::process::Command;

use hardie_testkit::{TestServer, TestUser, process};

use crate::api::Asker;
pub use versions::newer;

/// How a call of the program ended.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// Runs `hardie plugin` in a folder.
fn plugin(folder: &Path, arguments: &[&str]) -> Said {
    ended(process::hardie(&["plugin"]).unwrap().args(arguments).current_dir(folder))
}

/// Runs `hardie plugin` against a server as somebody.
fn remote(server: &TestServer, user: &TestUser, arguments: &[&str]) -> Said {
    let mut command = process::hardie(&["plugin"]).unwrap();
    ended(command.args(arguments).current_dir(user.git.home()).env("HARDIE_SERVER", server.url()).env("HARDIE_TOKEN", &user.token))
}

fn ended(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Writes a component into a person's folder; its path there.
fn file(user: &TestUser, name: &str, component: &[u8]) -> String {
    let name = format!("{name}.wasm");
    std::fs::write(user.git.path(&name), component).unwrap();
    name
}

/// Brings a component to the server; its digest.
fn upload(asker: &Asker, component: &[u8]) -> String {
    let answer = asker.send("POST", "/api/v1/plugins/components", &[("content-type", "application/wasm")], component);
    answer.json()["digest"].as_str().unwrap_or_else(|| panic!("{}", answer.text())).to_owned()
}
