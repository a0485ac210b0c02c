//! Components of the stock target `wasm32-wasip2`: they run, sealed; what they try comes to nothing and says so.

use std::path::Path;

use hardie_domain::plugin::Digest;
use hardie_testkit::TestServer;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::upload;
use crate::api::Asker;
use crate::git::with_repo;

/// A committed component, which is the one that its README speaks of.
fn stock(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/plugins/stock");
    let component = std::fs::read(folder.join(name)).unwrap();
    let digest = Digest(Sha256::digest(&component).into()).to_string();
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(readme.contains(digest.rsplit(':').next().unwrap()), "{name} is {digest}, of which its README does not know");
    component
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_component_runs_and_gets_nothing() {
    let server = TestServer::start().await.unwrap();
    let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
    let asker = Asker::new(&server, Some(&ann));
    let place = format!("/repos/{repo}/plugins");
    let installed = asker.json("POST", &place, &json!({ "digest": upload(&asker, &stock("stock.wasm")), "mode": "enforce" }));
    assert_eq!(installed.status, 201, "{}", installed.text());
    let imports = installed.json()["component"]["imports"].to_string();
    assert!(imports.contains("wasi:filesystem/types@") && imports.contains("wasi:cli/environment@"), "{imports}");
    ann.git.commit(&dir, "a.txt", "one\n", "One").unwrap();
    let pushed = ann.git.fails(&dir, &["push", "origin", "main"]).unwrap();
    for line in [
        "read /etc/passwd: ",
        "write /tmp/stock: ",
        "list the folder: ",
        "standard input: ",
        "environment: 0 variables, 0 arguments",
        "the time: Ok(0ns)",
        "that was all",
    ] {
        assert!(pushed.contains(line), "{line:?} is not in {pushed}");
    }
    assert!(!pushed.contains("GOT") && !Path::new("/tmp/stock").exists(), "{pushed}");
    let log = asker.get(&format!("{place}/{}/logs", installed.json()["id"])).text();
    assert!(log.contains("said to standard output") && log.contains("said to standard error"), "{log}");

    // Sockets are not even there.
    let refused = asker.send("POST", "/api/v1/plugins/components", &[("content-type", "application/wasm")], &stock("stock-socket.wasm"));
    assert!(refused.status == 422 && refused.text().contains("wasi:sockets/"), "{} {}", refused.status, refused.text());
    server.stop().await.unwrap();
}
