//! Who may not, and what is too much.

use hardie_app::state::GitRules;
use hardie_testkit::server::Options;
use serde_json::{Value, json};

use super::{RELEASES, good, release, start};
use crate::api::Asker;
use crate::lfs::{object_files, uploads};

type Headers = [(&'static str, &'static str)];

fn put(asker: &Asker, release: &str, name: &str, bytes: &[u8]) -> super::Answer {
    asker.send("POST", &format!("/api/v1{release}/assets?name={name}"), &[], bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_are_changed_by_those_who_may_push_and_no_others() {
    let (server, ann, owner, reader) = start(Options::default()).await;
    let nobody = Asker::new(&server, None);
    let (address, _) = release(&owner, &json!({ "tag_name": "v1" }));
    let asset = good(&put(&owner, &address, "a", b"bytes"), 201);
    let one = format!("{address}/assets/{}", asset["id"]);
    for (asker, refused) in [(&reader, 403), (&nobody, 401)] {
        assert_eq!(asker.json("POST", RELEASES, &json!({ "tag_name": "v2" })).status, refused);
        assert_eq!(asker.json("PATCH", &address, &json!({ "name": "x" })).status, refused);
        assert_eq!(asker.json("DELETE", &address, &Value::Null).status, refused);
        assert_eq!(asker.json("DELETE", &format!("{RELEASES}/tags/v1"), &Value::Null).status, refused);
        assert_eq!(put(asker, &address, "b", b"bytes").status, refused);
        assert_eq!(asker.json("PATCH", &one, &json!({ "name": "x" })).status, refused);
        assert_eq!(asker.json("DELETE", &one, &Value::Null).status, refused);
    }
    assert_eq!((owner.get("/repos/ann/tool/tags/v2").status, uploads(server.data_dir())), (404, 0));

    // A release or a file of another repository is none here.
    server.repo(&ann, "other", false).await.unwrap();
    let id = address.rsplit('/').next().unwrap();
    for way in [format!("/repos/ann/other/releases/{id}"), format!("/repos/ann/other/releases/{id}/assets/{}", asset["id"])] {
        assert_eq!(owner.get(&way).status, 404);
        assert_eq!(owner.json("DELETE", &way, &Value::Null).status, 404);
        assert_eq!(owner.json("PATCH", &way, &json!({ "name": "x" })).status, 404);
    }
    assert_eq!(put(&owner, &format!("/repos/ann/other/releases/{id}"), "b", b"x").status, 404);
    let (second, _) = release(&owner, &json!({ "tag_name": "v2", "draft": true }));
    assert_eq!(owner.get(&format!("{second}/assets/{}", asset["id"])).status, 404);

    // The files of a draft are not had by guessing.
    good(&put(&owner, &second, "secret.bin", b"secret"), 201);
    let way = "/ann/tool/releases/download/v2/secret.bin";
    assert_eq!((reader.send("GET", way, &[], b"").status, nobody.send("GET", way, &[], b"").status), (404, 404));
    assert_eq!(owner.send("GET", way, &[], b"").body, b"secret");

    // What is private is not there, and what is archived stays as it is.
    good(&owner.json("PATCH", "/repos/ann/tool", &json!({ "private": true })), 200);
    let way = "/ann/tool/releases/download/v1/a";
    assert_eq!((reader.get(&address).status, nobody.get(RELEASES).status, nobody.send("GET", way, &[], b"").status), (404, 404, 404));
    good(&owner.json("PATCH", "/repos/ann/tool", &json!({ "archived": true })), 200);
    assert_eq!(owner.send("GET", way, &[], b"").body, b"bytes");
    assert_eq!(owner.json("PATCH", &address, &json!({ "name": "x" })).status, 403);
    assert_eq!((put(&owner, &address, "b", b"x").status, owner.json("DELETE", &address, &Value::Null).status), (403, 403));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_refuses_a_push_of_the_tag_refuses_its_release() {
    let git_rules = GitRules { require_signed_push: true, ..GitRules::default() };
    let server = hardie_testkit::TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let owner = Asker::new(&server, Some(&ann));
    let first = json!({ "message": "Begin", "files": [{ "operation": "create", "path": "a.txt", "content": "b25lCg==" }] });
    good(&owner.json("POST", "/repos/ann/tool/contents", &first), 201);
    let data = server.stop().await.unwrap();
    let server = hardie_testkit::TestServer::start_in(data, Options { git_rules, ..Options::default() }).await.unwrap();
    let owner = Asker::new(&server, Some(&ann));
    let refused = owner.json("POST", RELEASES, &json!({ "tag_name": "v1" }));
    assert!(refused.status == 403 && refused.refusal().1.contains("sign"), "{}", refused.text());
    assert_eq!((owner.get(RELEASES).json(), owner.get("/repos/ann/tool/tags/v1").status), (json!([]), 404));
    let (draft, _) = release(&owner, &json!({ "tag_name": "v1", "draft": true }));
    assert_eq!(owner.json("PATCH", &draft, &json!({ "draft": false })).status, 403);
    assert_eq!(owner.get(&draft).json()["draft"], true);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_that_is_too_much_is_refused_and_leaves_nothing() {
    let mut options = Options::default();
    (options.limits.release_asset_bytes, options.limits.release_assets) = (100_000, 2);
    let (server, _, owner, _) = start(options).await;
    let (address, _) = release(&owner, &json!({ "tag_name": "v1" }));
    let large = vec![7; 100_001];
    let refused = put(&owner, &address, "large", &large);
    assert!(refused.status == 413 && refused.refusal().1.contains("100000 bytes"), "{}", refused.text());
    // Where nobody says beforehand how much comes.
    let chunked: Vec<u8> = large.chunks(5000).flat_map(|c| [format!("{:x}\r\n", c.len()).as_bytes(), c, b"\r\n"].concat()).collect();
    let chunked = [&chunked[..], b"0\r\n\r\n"].concat();
    let path = format!("/api/v1{address}/assets?name=large");
    assert_eq!(owner.send("POST", &path, &[("transfer-encoding", "chunked")], &chunked).status, 413);
    let form: &Headers = &[("content-type", "multipart/form-data; boundary=x")];
    let cases: [(&Headers, &[u8], u16); 4] = [
        (form, b"--x\r\n\r\nno name\r\n--x--\r\n", 422),
        (form, b"nothing", 400),
        (&[("content-type", "multipart/form-data")], b"--x", 400),
        (&[("content-encoding", "gzip")], b"bytes", 415),
    ];
    for (headers, body, status) in cases {
        let answer = owner.send("POST", &path, headers, body);
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let cut = b"--x\r\nContent-Disposition: form-data; name=attachment; filename=f\r\n\r\nhalf of it";
    assert_eq!(owner.send("POST", &path, form, cut).status, 422);
    for name in ["", "..", "a%2Fb", "a%0Ab", &"x".repeat(256)] {
        assert_eq!(put(&owner, &address, name, b"x").status, 422, "{name:?}");
    }
    assert_eq!((uploads(server.data_dir()), owner.get(&format!("{address}/assets")).json()), (0, json!([])));
    good(&put(&owner, &address, "one", &large[..100_000]), 201);
    good(&put(&owner, &address, "two", b"x"), 201);
    let third = put(&owner, &address, "three", b"x");
    assert!(third.status == 413 && third.refusal().1.contains("2 assets"), "{}", third.text());
    assert_eq!((uploads(server.data_dir()), object_files(server.data_dir())), (0, 2));
    server.stop().await.unwrap();
}
