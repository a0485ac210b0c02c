//! What a registry may try on whoever takes a component from it.

use hardie_testkit::Git;
use serde_json::json;

use super::stranger::{Answer, Stranger, head, manifest, ok};
use super::{done, log_in, refused, sha256};

const MIB: u64 = 1 << 20;

/// Takes from it, which must fail, say why and leave no file.
fn takes_nothing(git: &Git, stranger: &Stranger, tail: &str) -> String {
    let said = refused(git, &["pull", &format!("{}/smiths/tool{tail}", stranger.host), "-o", "tool.wasm"]);
    assert!(!git.path("tool.wasm").exists() && !git.path("tool.wasm.sig").exists(), "{said}");
    let left: Vec<_> = std::fs::read_dir(git.home()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".tmp")), "{left:?}");
    said
}

#[test]
fn bytes_that_are_not_what_the_manifest_says_are_not_taken() {
    let git = Git::new("ann").unwrap();
    let good = b"\0asm component".to_vec();
    let other = Stranger::with(&manifest(&good), b"\0asm componenT");
    assert!(takes_nothing(&git, &other, "").contains("other bytes than the manifest names"));
    let fewer = Stranger::with(&manifest(&good), &good[..4]);
    assert!(takes_nothing(&git, &fewer, "").contains("fewer bytes than the 14"));
    let more = Stranger::with(&manifest(&good), &[good.as_slice(), b"!"].concat());
    assert!(takes_nothing(&git, &more, "").contains("more bytes than the 14"));
    let mut huge = manifest(&good);
    huge["layers"][0]["size"] = json!(65 * MIB);
    let huge = Stranger::with(&huge, &good);
    assert!(takes_nothing(&git, &huge, "").contains("no server takes more than 64.0 MiB") && huge.heard().len() == 1);
    assert_eq!(done(&git, &["pull", &format!("{}/smiths/tool", Stranger::with(&manifest(&good), &good).host)]).code, Some(0));
}

#[test]
fn what_has_no_end_is_left_early() {
    let git = Git::new("ann").unwrap();
    let endless = || Answer { head: "200 OK".into(), body: vec![b' '; MIB as usize], times: 500 };
    let named = manifest(&vec![b' '; 2 * MIB as usize]).to_string();
    let blob = Stranger::start(move |head| if head.contains("/manifests/") { ok(named.as_bytes()) } else { endless() });
    assert!(takes_nothing(&git, &blob, "").contains("more bytes than the 2097152"));
    let told =
        Stranger::start(|_| Answer { head: "200 OK\r\nContent-Length: 104857600".into(), body: vec![b' '; MIB as usize], times: 100 });
    assert!(takes_nothing(&git, &told, "").contains("more than 4194304 bytes"));
    let untold = Stranger::start(move |_| endless());
    assert!(takes_nothing(&git, &untold, "").contains("more than 4194304 bytes"));
    for stranger in [blob, told, untold] {
        // What lies in the buffers of both ends is taken by nobody.
        assert!(stranger.sent() < 50 * MIB, "{} MiB were sent", stranger.sent() / MIB);
    }
}

#[test]
fn what_is_no_component_is_told_by_its_kind() {
    let git = Git::new("ann").unwrap();
    let good = b"\0asm".to_vec();
    let mut packed = manifest(&good);
    packed["layers"][0]["mediaType"] = json!("application/vnd.oci.image.layer.v1.tar+gzip");
    assert!(takes_nothing(&git, &Stranger::with(&packed, &good), "").contains("its layer is packed"));
    let mut image = manifest(&good);
    image["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json");
    assert!(takes_nothing(&git, &Stranger::with(&image, &good), "").contains("an artifact of another kind"));
    let index = json!({ "schemaVersion": 2, "manifests": [] });
    assert!(takes_nothing(&git, &Stranger::with(&index, &good), "").contains("index of several manifests"));
    let named = manifest(&good).to_string();
    let coded = Stranger::start(move |head| match head.contains("/manifests/") {
        true => ok(named.as_bytes()),
        false => Answer { head: "200 OK\r\nContent-Encoding: gzip".into(), body: b"\0asm".to_vec(), times: 1 },
    });
    assert!(takes_nothing(&git, &coded, "").contains("packed by \"gzip\""));
    let rude = json!({ "errors": [{ "code": "DENIED", "message": "\u{1b}[2Jgo away" }] });
    let rude = Stranger::start(move |_| Answer { head: "403 No".into(), body: rude.to_string().into_bytes(), times: 1 });
    let said = takes_nothing(&git, &rude, "");
    assert!(said.contains("go away (status 403") && !said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn a_pin_holds_whatever_the_registry_gives() {
    let git = Git::new("ann").unwrap();
    let (meant, moved) = (manifest(b"\0asm1"), manifest(b"\0asm2"));
    let stranger = Stranger::with(&moved, b"\0asm2");
    let pin = sha256(meant.to_string().as_bytes());
    let said = takes_nothing(&git, &stranger, &format!(":1.0@{pin}"));
    assert!(said.contains("another manifest than the one that is pinned") && said.contains(&pin), "{said}");
    assert!(stranger.heard()[0].starts_with(&format!("get /v2/smiths/tool/manifests/{pin} ")), "{:?}", stranger.heard());
    assert_eq!(stranger.heard().len(), 1, "nothing more is asked for");
}

#[test]
fn only_the_registry_itself_hears_who_asks() {
    let git = Git::new("ann").unwrap();
    let component = b"\0asm".to_vec();
    let blob = component.clone();
    let storage = Stranger::start(move |_| ok(&blob));
    let (named, away) = (manifest(&component).to_string(), storage.host.clone());
    let registry = Stranger::start(move |request| match request.to_ascii_lowercase().contains("\r\nauthorization: basic ") {
        false => head("401 Who?\r\nWWW-Authenticate: Basic realm=\"x\""),
        true if request.contains("/manifests/") => ok(named.as_bytes()),
        true => head(format!("307 There\r\nLocation: http://{away}/bucket/x?signed=1")),
    });
    log_in(&git, &registry.host, "ann", "opensesame");
    done(&git, &["pull", &format!("{}/smiths/tool", registry.host)]);
    assert_eq!(std::fs::read(git.path("tool.wasm")).unwrap(), component);
    std::fs::remove_file(git.path("tool.wasm")).unwrap();
    let there = storage.heard();
    assert!(there.len() == 1 && there[0].starts_with("get /bucket/x?signed=1 ") && !there[0].contains("authorization"), "{there:?}");
    assert_eq!(registry.heard().iter().filter(|head| head.contains("\r\nauthorization: basic ")).count(), 2);

    // Nor is anybody led to plain text, off the web, into an address with a password, or in circles.
    for (to, why) in [
        ("http://192.0.2.1/x".to_owned(), "without TLS"),
        ("file:///etc/passwd".to_owned(), "none of the web"),
        (format!("http://a:b@{}/x", storage.host), "with a password in it"),
        ("/v2/again".to_owned(), "without end"),
    ] {
        let stranger = Stranger::start(move |_| head(format!("302 There\r\nLocation: {to}")));
        let said = takes_nothing(&git, &stranger, "");
        assert!(said.contains(why), "{why}: {said}");
    }
    assert_eq!(storage.heard().len(), 1);
}

#[test]
fn a_password_is_told_where_the_registry_is_and_a_token_is_for_this_repository_alone() {
    let git = Git::new("ann").unwrap();
    let component = b"\0asm".to_vec();
    let sign_in = Stranger::start(|_| ok(br#"{"token": "t0ken"}"#));
    let (named, blob, realm) = (manifest(&component).to_string(), component.clone(), sign_in.host.clone());
    let registry = Stranger::start(move |request| match request.to_ascii_lowercase().contains("\r\nauthorization: bearer t0ken\r\n") {
        false => head(format!(
            "401 Who?\r\nWWW-Authenticate: Bearer realm=\"http://{realm}/token?a=b\",service=\"r\",scope=\"repository:all:*\""
        )),
        true if request.contains("/manifests/") => ok(named.as_bytes()),
        true => ok(&blob),
    });
    log_in(&git, &registry.host, "ann", "opensesame");
    done(&git, &["pull", &format!("{}/smiths/tool", registry.host)]);
    let asked = sign_in.heard();
    assert!(asked.len() == 1 && asked[0].starts_with("get /token?a=b&service=r&scope=repository%3asmiths%2ftool%3apull "), "{asked:?}");
    assert!(asked[0].contains("\r\nauthorization: basic "), "{asked:?}");
    assert!(registry.heard().iter().all(|head| !head.contains("basic")), "the registry itself needs no password then");
    std::fs::remove_file(git.path("tool.wasm")).unwrap();

    for (realm, why) in [
        ("https://sign-in.example/token", "--auth-host sign-in.example"),
        ("http://192.0.2.1/token", "without TLS"),
        ("token", "names no address"),
    ] {
        let stranger = Stranger::start(move |_| head(format!("401 Who?\r\nWWW-Authenticate: Bearer realm=\"{realm}\"")));
        log_in(&git, &stranger.host, "ann", "opensesame");
        let said = takes_nothing(&git, &stranger, "");
        assert!(said.contains(why) && !said.contains("opensesame"), "{why}: {said}");
        assert_eq!(stranger.heard().len(), 1);
    }
    let unknown = Stranger::start(|_| head("401 Who?\r\nWWW-Authenticate: Negotiate"));
    assert!(takes_nothing(&git, &unknown, "").contains("a way that is not known"));
    // A token with an end of line in it would be a header more.
    let evil = Stranger::start(|_| ok(br#"{"token": "a\r\nX: y"}"#));
    let realm = evil.host.clone();
    let stranger = Stranger::start(move |_| head(format!("401 Who?\r\nWWW-Authenticate: Bearer realm=\"http://{realm}/\"")));
    assert!(takes_nothing(&git, &stranger, "").contains("gave no token"));
}
