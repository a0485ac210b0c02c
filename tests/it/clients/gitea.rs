//! Clients that were generated from Gitea's description of its API: gitea-api-client (Python), whose models refuse what they do not know,
//! and gitea-js. Each is told one story, `gitea/story.json`, which has every operation that this server and the client have.

pub mod coverage;
pub mod forge;
pub mod steps;

use std::fs::File;
use std::path::Path;
use std::process::Command;

use hardie_testkit::{Git, tools};
use serde_json::{Value, json};

use coverage::Told;
use forge::Forge;

const LACKING: &str = include_str!("gitea/lacking.txt");
const ABSENT: &str = include_str!("gitea/absent.txt");

/// Tells the story by this program, which `configure` completes.
async fn told(configure: impl FnOnce(&Git, &Path) -> Command) -> (Told, Value) {
    let forge = Forge::start().await;
    let asked = json!({ "url": forge.server.url(), "token": forge.ann.token, "given": forge.given, "steps": steps::all() });
    let (git, input) = (&forge.ann.git, forge.ann.git.path("asked.json"));
    std::fs::write(&input, asked.to_string()).unwrap();
    let mut command = configure(git, &tools::api_clients().unwrap());
    let output = command.stdin(File::open(&input).unwrap()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let told = serde_json::from_slice(&output.stdout).unwrap();
    let document = forge.asker().send("GET", "/api/openapi.json", &[], b"").json();
    forge.server.stop().await.unwrap();
    (told, document)
}

#[tokio::test(flavor = "multi_thread")]
async fn gitea_api_client_is_told_every_operation_without_an_error_of_a_model() {
    let (told, document) = told(|git, tools| {
        let mut python = git.command(tools.join(".venv/bin/python3"));
        python.args(["-c", include_str!("gitea/story.py")]);
        python
    })
    .await;
    coverage::check("gitea-api-client", &told, &document, LACKING);
    let absent: Vec<&str> = told.absent.iter().map(String::as_str).collect();
    let (reviewed, _) = coverage::reviewed(ABSENT);
    assert_eq!(absent, reviewed, "fields that the client's models have and answers have not: mend the server, or name them in absent.txt");
}

#[tokio::test(flavor = "multi_thread")]
async fn gitea_js_is_told_every_operation() {
    let (told, document) = told(|git, tools| {
        let mut node = git.command("node");
        node.env("NODE_PATH", tools.join("node_modules")).args(["-e", include_str!("gitea/story.cjs")]);
        node
    })
    .await;
    coverage::check("gitea-js", &told, &document, LACKING);
}
