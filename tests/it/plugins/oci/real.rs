//! With a real registry: what was pushed is what is pulled and installed.

use hardie_testkit::server::Options;
use hardie_testkit::{Git, TestServer};
use serde_json::{Value, json};

use super::registry::Registry;
use super::{done, log_in, refused, run, sha256};
use crate::plugins::signatures::{key, sign};
use crate::plugins::{file, remote};
use crate::support::component;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_plugin_goes_through_a_registry_and_is_installed_by_its_digest() {
    let server = TestServer::start_with(Options { require_signature: true, ..Options::default() }).await.unwrap();
    let (ann, root) = (server.user("ann").await.unwrap(), server.admin("root").await.unwrap());
    let repo = server.repo(&ann, "tool", true).await.unwrap();
    let git = &ann.git;
    let registry = Registry::start(git, None);
    let (policy, newer) = (file(&ann, "refuse", &component("refuse")), file(&ann, "accept", &component("accept")));
    key(git, "smith", "ed25519");
    sign(git, "smith", "hardie-plugin", &policy);
    let added = remote(&server, &root, &["publisher", "add", "smiths", "--key", git.path("smith.pub").to_str().unwrap()]);
    assert_eq!(added.code, Some(0), "{}", added.err);

    // The same file is the same artifact, however often it is pushed.
    let reference = format!("{}/smiths/tool:1.0", registry.host);
    let pushed = done(git, &["push", &policy, &reference, "--json"]).json();
    assert_eq!(pushed, done(git, &["push", &policy, &reference, "--json"]).json());
    let digest = pushed["digest"].as_str().unwrap().to_owned();
    assert_eq!((&pushed["reference"], &pushed["signed"]), (&json!(format!("{reference}@{digest}")), &json!(true)));

    // As other tools want it: one layer of wasm under a configuration that names it.
    let manifest = registry.get("/v2/smiths/tool/manifests/1.0", MANIFEST);
    assert_eq!(sha256(&manifest), digest);
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(
        (&manifest["mediaType"], &manifest["config"]["mediaType"]),
        (&json!(MANIFEST), &json!("application/vnd.wasm.config.v0+json"))
    );
    let layers = manifest["layers"].as_array().unwrap();
    assert_eq!((layers.len(), &layers[0]["mediaType"], &layers[0]["digest"]), (1, &json!("application/wasm"), &pushed["component"]));
    let config = registry.get(&format!("/v2/smiths/tool/blobs/{}", manifest["config"]["digest"].as_str().unwrap()), "*/*");
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(
        (&config["os"], &config["architecture"], &config["layerDigests"]),
        (&json!("wasip2"), &json!("wasm"), &json!([pushed["component"]]))
    );
    assert!(
        config["component"]["exports"].as_array().unwrap().iter().any(|export| export == "hardie:plugin/push-policy@0.1.0"),
        "{config}"
    );

    // Both come back, byte for byte, and nothing is written over.
    let pulled = done(git, &["pull", &reference, "-o", "back.wasm"]);
    assert!(pulled.out.starts_with(&format!("{reference}@{digest}\n")), "{}", pulled.out);
    for end in ["", ".sig"] {
        let read = |name: &str| std::fs::read(git.path(format!("{name}.wasm{end}"))).unwrap();
        assert_eq!(read("back"), read("refuse"));
    }
    assert!(refused(git, &["pull", &reference, "-o", "back.wasm"]).contains("--force"));

    // The tag moves on, to one that nobody signed; the pin does not.
    done(git, &["push", &newer, &reference]);
    let scope = ["--repo", repo.as_str()];
    let install = |source: &str| remote(&server, &ann, &[&["install", source], scope.as_slice()].concat());
    let unsigned = install(&format!("oci://{reference}"));
    assert!(unsigned.code == Some(1) && unsigned.err.contains("ssh-keygen -Y sign"), "{}", unsigned.err);
    let installed = install(&format!("oci://{reference}@{digest}"));
    assert_eq!(installed.code, Some(0), "{}", installed.err);
    assert!(installed.err.contains(&format!("pulled {reference}@{digest}")), "{}", installed.err);
    assert!(installed.out.contains(pushed["component"].as_str().unwrap()), "{}", installed.out);

    // An old signature does not stay beside what has none.
    done(git, &["pull", &reference, "-o", "back.wasm", "--force"]);
    assert!(!git.path("back.wasm.sig").exists() && std::fs::read(git.path("back.wasm")).unwrap() == component("accept"));
    sign(git, "smith", "hardie-plugin", &newer);
    done(git, &["push", &newer, &format!("{}/smiths/tool:2.0", registry.host)]);
    let source = format!("oci://{}/smiths/tool:2.0", registry.host);
    let upgraded = remote(&server, &ann, &["upgrade", "1", &source, "--repo", &repo]);
    assert!(upgraded.code == Some(0) || upgraded.err.contains("is named"), "{}{}", upgraded.out, upgraded.err);

    // What is no plugin is not pushed, nor is anything under a name that is pinned.
    std::fs::write(git.path("notes.wasm"), "notes").unwrap();
    assert!(refused(git, &["push", "notes.wasm", &reference]).contains("not a WebAssembly file"));
    assert!(refused(git, &["push", &policy, &format!("{reference}@{digest}")]).contains("leave @sha256:… out"));
    assert!(refused(git, &["pull", &format!("{}/smiths/none:1", registry.host)]).contains("status 404"));
    server.stop().await.unwrap();
}

#[test]
fn a_registry_that_wants_a_password_gets_it_and_nothing_else_shows_it() {
    let git = Git::new("ann").unwrap();
    let password = ["open", "sesame", "77"].join("-");
    let registry = Registry::start(&git, Some(("smith", &password)));
    std::fs::write(git.path("tool.wasm"), component("accept")).unwrap();
    let reference = format!("{}/smiths/tool:1.0", registry.host);
    let push = ["push", "tool.wasm", reference.as_str()];

    let said = refused(&git, &push);
    assert!(said.contains("docker login") && said.contains("--username"), "{said}");
    log_in(&git, &registry.host, "smith", "another-one");
    let said = refused(&git, &push);
    assert!(said.contains("does not accept who you are") && !said.contains("another-one"), "{said}");
    log_in(&git, "registry.example", "smith", &password);
    refused(&git, &push);
    log_in(&git, &registry.host, "smith", &password);
    done(&git, &push);

    std::fs::remove_file(git.path(".docker/config.json")).unwrap();
    let signed_in = |command: &[&str], input: &str| run(&git, &[command, &["--username", "smith", "--password-stdin"]].concat(), input);
    let pulled = signed_in(&["pull", &reference, "-o", "back.wasm"], &format!("{password}\n"));
    assert_eq!(pulled.code, Some(0), "{}", pulled.err);
    assert!(!pulled.out.contains(&password) && !pulled.err.contains(&password));
    assert_eq!(std::fs::read(git.path("back.wasm")).unwrap(), component("accept"));
    let empty = signed_in(&["pull", &reference, "-o", "other.wasm"], "");
    assert!(empty.code == Some(1) && empty.err.contains("give it on stdin"), "{}", empty.err);
    assert_eq!(run(&git, &["pull", &reference, "--username", "smith"], "").code, Some(2), "no password in an argument");

    // One of the person's own programs may know it, or not.
    let program = git.path("bin/docker-credential-tests");
    std::fs::create_dir_all(git.path("bin")).unwrap();
    std::fs::write(git.path("word"), &password).unwrap();
    std::fs::write(git.path(".docker/config.json"), json!({ "credHelpers": { &registry.host: "tests" } }).to_string()).unwrap();
    assert!(refused(&git, &push).contains("cannot start docker-credential-tests"));
    for (asks, works) in [(registry.host.as_str(), true), ("elsewhere.example", false)] {
        let answer = r#"printf '{"Username": "smith", "Secret": "%s"}' "$(cat "$HOME/word")""#;
        let helper = format!("#!/bin/sh\n[ \"$1\" = get ] && [ \"$(cat)\" = {asks} ] && {answer}\n");
        std::fs::write(&program, helper).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let said = run(&git, &push, "");
        assert_eq!(said.code == Some(0), works, "{}", said.err);
        assert!(!said.err.contains(&password) && (works || said.err.contains("docker login")), "{}", said.err);
    }
}
