//! Files of releases: in, out, away; large ones; and what a crash leaves.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hardie_app::upkeep;
use hardie_testkit::server::Options;
use hardie_testkit::{FakeClock, Git, ServerProcess, postgres, process, raw};
use serde_json::{Value, json};

use super::{good, path_of, release, start, told};
use crate::api::Asker;
use crate::durability::create_repo;
use crate::lfs::{noise, object_files, oid, uploads};

/// Uploads a file as it is.
fn put(asker: &Asker, release: &str, name: &str, bytes: &[u8]) -> super::Answer {
    let path = format!("/api/v1{release}/assets?name={name}");
    asker.send("POST", &path, &[("content-type", "application/octet-stream")], bytes)
}

/// Uploads a file as a form, as curl's `-F attachment=@name` does.
fn form(asker: &Asker, release: &str, query: &str, name: &str, bytes: &[u8]) -> super::Answer {
    let head = format!(
        "--f0rm\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"{name}\"\r\nContent-Type: application/zip\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--f0rm--\r\n"].concat();
    asker.send("POST", &format!("/api/v1{release}/assets{query}"), &[("content-type", "multipart/form-data; boundary=f0rm")], &body)
}

async fn a_files_life(mut options: Options) {
    let clock = FakeClock::default();
    options.ports.clock = Arc::new(clock.clone());
    let (server, _, owner, reader) = start(options).await;
    let nobody = Asker::new(&server, None);
    let (address, _) = release(&owner, &json!({ "tag_name": "v1" }));
    let (tool, notes) = (noise(1, 300_000), b"\r\n--f0r is not here\r\n--f0rn\r\n".to_vec());
    let first = good(&put(&owner, &address, "tool%20x86.tar.gz", &tool), 201);
    assert_eq!((&first["name"], &first["size"], &first["sha256"]), (&json!("tool x86.tar.gz"), &json!(300_000), &json!(oid(&tool))));
    assert_eq!(first["browser_download_url"], "http://forge.test/ann/tool/releases/download/v1/tool%20x86.tar.gz");
    let second = good(&form(&owner, &address, "", "notes.txt", &notes), 201);
    assert_eq!((&second["name"], &second["size"]), (&json!("notes.txt"), &json!(notes.len())));
    let third = good(&form(&owner, &address, "?name=other.txt", "notes.txt", b""), 201);
    assert_eq!((&third["name"], &third["size"]), (&json!("other.txt"), &json!(0)));
    let listed = reader.get(&format!("{address}/assets")).json();
    assert_eq!(listed, json!([first, second, third]));
    assert_eq!(reader.get(&address).json()["assets"], listed);
    assert_eq!(reader.get(&format!("{address}/assets/{}", second["id"])).json(), second);

    // Out, by everybody who sees the release; no browser runs it.
    let way = path_of(&first["browser_download_url"]);
    let got = nobody.send("GET", &way, &[], b"");
    assert!(got.status == 200 && got.body == tool);
    assert_eq!((got.header("x-content-type-options"), got.header("content-type")), ("nosniff", "application/octet-stream"));
    assert_eq!(got.header("content-disposition"), "attachment; filename*=UTF-8''tool%20x86.tar.gz");
    let part = nobody.send("GET", &way, &[("range", "bytes=100-199")], b"");
    assert_eq!((part.status, part.header("content-range"), &part.body[..]), (206, "bytes 100-199/300000", &tool[100..200]));
    assert_eq!(nobody.send("GET", &way, &[("range", "bytes=300000-")], b"").status, 416);
    assert_eq!(nobody.send("GET", &way, &[("if-none-match", got.header("etag"))], b"").status, 304);
    assert!(nobody.send("HEAD", &way, &[], b"").body.is_empty());
    let after = reader.get(&format!("{address}/assets/{}", first["id"])).json();
    assert_eq!(after["download_count"], 1, "parts, looks and what is known already do not count");
    assert_eq!(nobody.send("GET", &path_of(&second["browser_download_url"]), &[], b"").body, notes);

    // It is no object of Git LFS, whoever knows its hash.
    assert_eq!(owner.send("GET", &format!("/ann/tool.git/info/lfs/objects/{}", oid(&tool)), &[], b"").status, 404);

    // One name, one file.
    let again = put(&owner, &address, "notes.txt", b"x");
    assert!(again.status == 409 && again.refusal().1.contains("notes.txt"), "{}", again.text());
    let asset = format!("{address}/assets/{}", second["id"]);
    assert_eq!(owner.json("PATCH", &asset, &json!({ "name": "other.txt" })).status, 409);
    assert_eq!(owner.json("PATCH", &asset, &json!({ "name": "../x" })).status, 422);
    assert_eq!(good(&owner.json("PATCH", &asset, &json!({ "name": "NEWS" })), 201)["name"], "NEWS");
    assert_eq!(nobody.send("GET", &path_of(&second["browser_download_url"]), &[], b"").status, 404);
    assert_eq!(nobody.send("GET", "/ann/tool/releases/download/v1/NEWS", &[], b"").body, notes);

    // Gone with its row, and from the disk once nobody may be bringing the same.
    assert_eq!(object_files(server.data_dir()), 3);
    assert_eq!(owner.json("DELETE", &asset, &Value::Null).status, 204);
    assert_eq!(owner.json("DELETE", &asset, &Value::Null).status, 404);
    let app = &server.server.app;
    let found = hardie_app::verify::verify(app).await.unwrap();
    assert_eq!((found.lfs_objects, found.faults), (2, Vec::new()));
    clock.advance(3 * 24 * 3600);
    upkeep::sweep_lfs(app).await.unwrap();
    assert_eq!(object_files(server.data_dir()), 2, "what releases have is kept");
    assert_eq!(owner.json("DELETE", &address, &Value::Null).status, 204);
    upkeep::sweep_lfs(app).await.unwrap();
    assert_eq!(object_files(server.data_dir()), 0);
    let kinds = told(&server, &owner).await;
    assert_eq!(
        (kinds.len(), kinds.first().map(String::as_str), kinds.last().map(String::as_str)),
        (7, Some("release.published"), Some("release.deleted"))
    );
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_lives_from_upload_to_the_sweep() {
    a_files_life(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asset_on_postgres_lives_from_upload_to_the_sweep() {
    let database = postgres::Database::new().unwrap();
    a_files_life(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}

/// A server of its own process with a repository `alice/art` and a release; its address in the API, and who asks.
fn alone(data: &std::path::Path) -> (ServerProcess, Git, i64) {
    let user = ["user", "create", "alice", "--email", "a@example.org", "--password-stdin"];
    process::admin(data, &user, "correct horse battery\n").unwrap();
    let token = process::admin(data, &["token", "create", "alice", "--name", "t", "--scopes", "all"], "").unwrap();
    let git = Git::new("alice").unwrap().with_password("alice", &token).unwrap();
    let server = ServerProcess::serve(data, &[]).unwrap();
    create_repo(&git, server.url(), "art");
    let made = sent(&server, &git, "/releases", "application/json", br#"{"tag_name":"v1","draft":true}"#);
    assert!(made.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&made));
    let at = made.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let id = serde_json::from_slice::<Value>(&made[at..]).unwrap()["id"].as_i64().unwrap();
    (server, git, id)
}

fn head(server: &ServerProcess, git: &Git, path: &str, kind: &str, length: usize) -> (String, Vec<u8>) {
    let host = server.url().trim_start_matches("http://").to_owned();
    let head = format!(
        "POST /api/v1/repos/alice/art{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {}\r\nConnection: close\r\n\
         Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n",
        git.basic_auth().unwrap()
    );
    (host, head.into_bytes())
}

fn sent(server: &ServerProcess, git: &Git, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let (host, head) = head(server, git, path, kind, body.len());
    raw::exchange(&host, &[&head[..], body].concat()).unwrap()
}

#[test]
fn kill_in_the_middle_of_an_asset_leaves_nothing_wrong_and_the_next_try_works() {
    let data = tempfile::tempdir().unwrap();
    let (mut server, git, id) = alone(data.path());
    let bytes = noise(1, 4 << 20);
    let path = format!("/releases/{id}/assets?name=a.bin");
    for part in [1000, 3 << 20, (4 << 20) - 1] {
        let (host, head) = head(&server, &git, &path, "application/octet-stream", bytes.len());
        let mut stream = TcpStream::connect(&host).unwrap();
        stream.write_all(&[&head, &bytes[..part]].concat()).unwrap();
        stream.flush().unwrap();
        let began = Instant::now();
        while part > 1000 && crate::lfs::uploaded(data.path()) < (part as u64) / 2 {
            assert!(began.elapsed() < Duration::from_secs(60), "{} bytes arrived", crate::lfs::uploaded(data.path()));
            std::thread::yield_now();
        }
        server.kill().unwrap();
        server = ServerProcess::serve(data.path(), &[]).unwrap();
        assert_eq!((uploads(data.path()), object_files(data.path())), (0, 0), "{part} bytes sent");
    }
    let answer = sent(&server, &git, &path, "application/octet-stream", &bytes);
    assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer));
    server.kill().unwrap();
    let server = ServerProcess::serve(data.path(), &[]).unwrap();
    let said = process::admin(data.path(), &["verify"], "").unwrap();
    assert!(said.contains("1 LFS objects"), "{said}");
    server.terminate().unwrap();
}

/// The most memory that a process ever had, in bytes.
fn most_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

#[test]
fn an_asset_of_fifty_megabytes_is_never_in_memory_as_a_whole() {
    let data = tempfile::tempdir().unwrap();
    let (server, git, id) = alone(data.path());
    let small = noise(1, 1 << 20);
    let path = |name: &str| format!("/releases/{id}/assets?name={name}");
    assert!(sent(&server, &git, &path("small"), "application/octet-stream", &small).starts_with(b"HTTP/1.1 201"));
    let before = most_memory(server.id());
    let large = noise(2, 50 << 20);
    let form =
        [&b"--f0rm\r\nContent-Disposition: form-data; name=attachment; filename=x\r\n\r\n"[..], &large, b"\r\n--f0rm--\r\n"].concat();
    let answer = sent(&server, &git, &path("large"), "multipart/form-data; boundary=f0rm", &form);
    assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer));
    assert!(String::from_utf8_lossy(&answer).contains(&oid(&large)));
    let grown = most_memory(server.id()).saturating_sub(before);
    assert!(grown < 25 << 20, "{grown} bytes more");
    server.terminate().unwrap();
}
