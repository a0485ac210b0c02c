//! What the description promises is what happens: schemathesis makes requests of it, well formed and not, and no answer is an error of the
//! server's, of another type or outside its schema. The long form takes minutes and another seed each time.

use hardie_testkit::tools;

use crate::clients::gitea::forge::Forge;
use crate::support::soak;

/// Asked by nobody here: three would take the repository or the organisation away, one fetches from wherever it is told, and of a component
/// schemathesis knows no bytes.
const LEFT_OUT: [&str; 5] = ["orgDelete", "repoDelete", "repoMigrate", "repoTransfer", "uploadPluginComponent"];
/// The short form is the same each time: a test that fails by chance tells nothing about the change that it was run for.
const SEED: &str = "1";

async fn hold(names: &str) {
    let forge = Forge::start().await;
    let (git, tools) = (&forge.ann.git, tools::api_clients().unwrap());
    let (seconds, seed) = match soak() {
        true => ("240", std::env::var("HARDIE_TEST_SEED").unwrap_or_else(|_| SEED.to_owned())),
        false => ("25", SEED.to_owned()),
    };
    let config = git.path("schemathesis.toml");
    std::fs::write(&config, names).unwrap();
    let url = forge.server.url();
    let mut asks = git.command(tools.join(".venv/bin/schemathesis"));
    asks.current_dir(git.home()).arg("--config-file").arg(&config).arg("run").arg(format!("{url}/api/openapi.json"));
    asks.args(["--url", &format!("{url}/api/v1"), "-H", &format!("Authorization: token {}", forge.ann.token)]);
    asks.args(["-c", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"]);
    asks.args(["--max-time", seconds, "--seed", &seed, "--request-timeout", "120", "--generation-database", "none"]);
    asks.args(["--no-shrink", "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"]);
    asks.args(LEFT_OUT.iter().flat_map(|id| ["--exclude-operation-id", *id]));
    let output = asks.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    println!("schemathesis with seed {seed}: {}", told.lines().find(|line| line.contains("generated")).unwrap_or("nothing was asked"));
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("generated"), "{told}");
    forge.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_hold_for_what_is_there() {
    hold(include_str!("promises/named.toml")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_hold_for_anything() {
    hold(include_str!("promises/unnamed.toml")).await;
}
