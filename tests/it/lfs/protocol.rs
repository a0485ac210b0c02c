//! The LFS API written by hand: what is asked, what is answered, what is refused and in which words.

use hardie_testkit::TestServer;
use hardie_testkit::server::Options;
use serde_json::json;

use super::{MEDIA, act, ask, batch, download, noise, object_files, oid, only, upload, uploads};
use crate::api::{Answer, Asker};

/// The status and the message of a refusal, after looking at its form.
fn refusal(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), MEDIA, "{}", answer.text());
    let json = answer.json();
    assert!(json["request_id"].as_str().is_some_and(|id| id == answer.header("x-request-id")), "{json}");
    assert!(json["documentation_url"].is_string());
    answer.refusal()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_object_is_uploaded_verified_and_downloaded_whole_and_in_parts() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    let (asker, nobody) = (Asker::new(&server, Some(&alice)), Asker::new(&server, None));
    let bytes = noise(1, 700_000);
    let missing = only(&batch(&asker, &repo, &[], "download", &bytes));
    assert_eq!(missing["error"], json!({ "code": 404, "message": "LFS object not found" }));
    let object = only(&batch(&asker, &repo, &[], "upload", &bytes));
    let actions = &object["actions"];
    assert!(object["authenticated"] == true && actions["upload"]["expires_in"] == 3600, "{object}");
    let early = act(&nobody, "POST", &actions["verify"], &[("content-type", MEDIA)], object.to_string().as_bytes());
    assert_eq!(refusal(&early), (404, "LFS object not found".to_owned()));
    assert_eq!(act(&nobody, "PUT", &actions["upload"], &[], &bytes).status, 200);
    let name = json!({ "oid": oid(&bytes), "size": bytes.len() });
    assert_eq!(act(&nobody, "POST", &actions["verify"], &[("content-type", MEDIA)], name.to_string().as_bytes()).status, 200);
    let wrong = json!({ "oid": oid(&bytes), "size": 1 });
    let wrong = act(&nobody, "POST", &actions["verify"], &[("content-type", MEDIA)], wrong.to_string().as_bytes());
    assert_eq!(refusal(&wrong).0, 422);
    assert!(only(&batch(&asker, &repo, &[], "upload", &bytes))["actions"].is_null(), "it is there already");
    assert_eq!(act(&nobody, "PUT", &actions["upload"], &[], &bytes).status, 200, "twice is once");

    let object = only(&batch(&asker, &repo, &[], "download", &bytes));
    let get = |headers: &[(&str, &str)]| act(&nobody, "GET", &object["actions"]["download"], headers, b"");
    let whole = get(&[]);
    assert!(whole.status == 200 && whole.body == bytes);
    for (name, value) in [
        ("content-type", "application/octet-stream"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("accept-ranges", "bytes"),
        ("content-length", "700000"),
        ("cache-control", "private, no-cache"),
    ] {
        assert_eq!(whole.header(name), value, "{name}");
    }
    assert!(whole.header("content-disposition").starts_with("attachment"));
    let rest = get(&[("range", "bytes=300000-")]);
    assert!(rest.status == 206 && rest.body == bytes[300_000..] && rest.header("content-range") == "bytes 300000-699999/700000");
    let part = get(&[("range", "bytes=10-19"), ("if-range", whole.header("etag"))]);
    assert!(part.status == 206 && part.body == bytes[10..20]);
    let other = get(&[("range", "bytes=10-19"), ("if-range", "\"other\"")]);
    assert!(other.status == 200 && other.body == bytes);
    let outside = get(&[("range", "bytes=700000-")]);
    assert_eq!((outside.status, outside.header("content-range")), (416, "bytes */700000"));
    assert_eq!(get(&[("if-none-match", whole.header("etag"))]).status, 304);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_bytes_that_are_not_what_was_declared_are_refused_and_nothing_of_them_stays() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    let (asker, nobody) = (Asker::new(&server, Some(&alice)), Asker::new(&server, None));
    let bytes = noise(1, 300_000);
    let object = only(&batch(&asker, &repo, &[], "upload", &bytes));
    let put = |headers: &[(&str, &str)], bytes: &[u8]| act(&nobody, "PUT", &object["actions"]["upload"], headers, bytes);
    let mut other = bytes.clone();
    other[150_000] ^= 1;
    let (status, text) = refusal(&put(&[], &other));
    assert!(status == 422 && text.contains(&oid(&other)) && text.contains(&oid(&bytes)), "{text}");
    let short = refusal(&put(&[], &bytes[1..]));
    assert!(short.0 == 422 && short.1.contains("300000 bytes that were declared"), "{short:?}");
    // Without a Content-Length the end tells.
    let chunked = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n0\r\n\r\n"].concat();
    let chunks = [("transfer-encoding", "chunked")];
    for wrong in [&bytes[1..], &[&bytes[..], b"x"].concat()] {
        let (status, text) = refusal(&put(&chunks, &chunked(wrong)));
        assert!(status == 422 && text.contains("were declared"), "{text}");
    }
    assert_eq!(refusal(&put(&[("content-encoding", "gzip")], &bytes)).0, 415);
    assert_eq!((object_files(server.data_dir()), uploads(server.data_dir())), (0, 0));
    assert_eq!(put(&chunks, &chunked(&bytes)).status, 200);
    assert_eq!(download(&server, Some(&alice), &repo, &bytes).body, bytes);
    assert_eq!(uploads(server.data_dir()), 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_batch_tells_of_each_object_and_is_refused_as_a_whole_where_it_makes_no_sense() {
    let mut options = Options::default();
    options.limits.lfs_object_bytes = 1000;
    options.limits.lfs_batch_objects = 5;
    let server = TestServer::start_with(options).await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    let asker = Asker::new(&server, Some(&alice));
    upload(&server, &alice, &repo, b"here");
    let objects = json!([
        { "oid": oid(b"here"), "size": 4 },
        { "oid": oid(b"here"), "size": 5 },
        { "oid": oid(b"new"), "size": 3 },
        { "oid": oid(b"large"), "size": 1001 },
        { "oid": "../../etc/passwd", "size": -1 },
    ]);
    let asked = |body: &serde_json::Value| ask(&asker, &repo, "objects/batch", &[], body);
    let codes = |operation: &str| {
        let answer = asked(&json!({ "operation": operation, "objects": objects }));
        let found = answer.json()["objects"].as_array().unwrap().clone();
        found.iter().map(|o| o["error"]["code"].as_u64().unwrap_or(u64::from(!o["actions"].is_null()))).collect::<Vec<_>>()
    };
    assert_eq!(codes("upload"), [0, 422, 1, 413, 422]);
    assert_eq!(codes("download"), [1, 422, 404, 404, 422]);
    let six = vec![json!({ "oid": oid(b"new"), "size": 3 }); 6];
    for (status, needle, body) in [
        (413, "at most 5", json!({ "operation": "upload", "objects": six })),
        (409, "sha256", json!({ "operation": "upload", "objects": [], "hash_algo": "sha512" })),
        (422, "basic", json!({ "operation": "upload", "objects": [], "transfers": ["tus"] })),
        (422, "operation", json!({ "operation": "delete", "objects": [] })),
        (422, "operation", json!({})),
        (422, "objects", json!({ "operation": "upload", "objects": "all" })),
    ] {
        let (found, text) = refusal(&asked(&body));
        assert!(found == status && text.contains(needle), "{body}: {found} {text}");
    }
    let form = asker.send("POST", &format!("/{repo}.git/info/lfs/objects/batch"), &[("content-type", "text/plain")], b"{}");
    assert_eq!(refusal(&form).0, 415);
    // Past the batch: the limit holds for the upload itself.
    let large = noise(1, 1001);
    let put = asker.send("PUT", &format!("/{repo}.git/info/lfs/objects/{}/1001", oid(&large)), &[], &large);
    assert!(refusal(&put).0 == 413 && put.text().contains("1000"), "{}", put.text());
    assert_eq!(refusal(&asker.send("GET", &format!("/{repo}.git/info/lfs/nothing"), &[], b"")).0, 404);
    assert_eq!(refusal(&asker.send("DELETE", &format!("/{repo}.git/info/lfs/objects/batch"), &[], b"")).0, 405);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lfs_follows_a_renamed_repository() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    let asker = Asker::new(&server, Some(&alice));
    upload(&server, &alice, &repo, b"here");
    assert_eq!(asker.json("PATCH", "/repos/alice/art", &json!({ "name": "arts" })).status, 200);
    let moved = batch(&asker, &repo, &[], "download", b"here");
    assert_eq!((moved.status, moved.header("location")), (308, "/alice/arts.git/info/lfs/objects/batch"));
    let moved = download(&server, Some(&alice), &repo, b"here");
    assert_eq!((moved.status, moved.header("location")), (301, format!("/alice/arts.git/info/lfs/objects/{}", oid(b"here")).as_str()));
    assert_eq!(download(&server, Some(&alice), "alice/arts", b"here").body, b"here");
    server.stop().await.unwrap();
}
