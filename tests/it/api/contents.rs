//! Files changed through the API: what a clone finds afterwards, and what is refused.

mod races;
mod refused;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser, postgres};
use serde_json::{Value, json};

use super::{Answer, Asker};

/// Where files of the repository are changed.
const CONTENTS: &str = "/repos/ann/tool/contents";

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// A repository that is still empty, and its owner.
async fn empty(options: Options) -> (TestServer, TestUser, Asker) {
    let server = TestServer::start_with(options).await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let asker = Asker::new(&server, Some(&ann));
    (server, ann, asker)
}

/// One with two files.
async fn start() -> (TestServer, TestUser, Asker) {
    let (server, ann, asker) = empty(Options::default()).await;
    let files = json!([
        { "operation": "create", "path": "README.md", "content": base64("# Tool\n") },
        { "operation": "create", "path": "src/main.rs", "content": base64("fn main() {}\n") },
    ]);
    made(&asker.json("POST", CONTENTS, &json!({ "message": "Begin", "files": files })), 201);
    (server, ann, asker)
}

/// The body of an answer that must be good.
fn made(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    answer.json()
}

/// The blob of a file now.
fn sha(asker: &Asker, path: &str) -> String {
    asker.get(&format!("{CONTENTS}/{path}")).json()["sha"].as_str().unwrap_or_else(|| panic!("{path} is not there")).to_owned()
}

/// The branch's commit now.
fn tip(asker: &Asker, branch: &str) -> String {
    asker.get(&format!("/repos/ann/tool/branches/{branch}")).json()["commit"]["id"].as_str().unwrap_or_default().to_owned()
}

/// A fresh clone, which git finds nothing wrong with.
fn cloned(server: &TestServer, user: &TestUser, name: &str) -> std::path::PathBuf {
    user.git.ok(user.git.home(), &["clone", "--quiet", &server.http_remote("ann/tool"), name]).unwrap();
    let dir = user.git.path(name);
    user.git.ok(&dir, &["fsck", "--strict", "--full"]).unwrap();
    dir
}

async fn a_files_life(options: Options) {
    let (server, ann, asker) = empty(options).await;
    let first = made(&asker.json("POST", &format!("{CONTENTS}/docs/a%20b.md"), &json!({ "content": base64("one\n") })), 201);
    assert_eq!((&first["content"]["path"], &first["content"]["type"]), (&json!("docs/a b.md"), &json!("file")), "{first}");
    assert_eq!((&first["content"]["content"], &first["content"]["size"]), (&json!(base64("one\n")), &json!(4)));
    assert_eq!((&first["commit"]["message"], &first["commit"]["parents"]), (&json!("Add docs/a b.md\n"), &json!([])));
    assert_eq!((&first["commit"]["author"]["name"], &first["verification"]["verified"]), (&json!("ann"), &json!(false)));
    assert_eq!(first["commit"]["sha"], json!(tip(&asker, "main")), "the first commit makes the default branch");
    // The account's own address is nobody's business; the commit is the account's nevertheless.
    let of_commit = asker.get("/repos/ann/tool/commits?sha=main").json()[0].clone();
    assert_eq!(first["commit"]["author"]["email"], "ann@noreply.forge.test", "{first}");
    assert_eq!(first["commit"]["committer"]["email"], "ann@noreply.forge.test", "{first}");
    assert_eq!(of_commit["author"]["login"], "ann", "{of_commit}");
    // What the answer says is what is read afterwards.
    let read = asker.get(&format!("{CONTENTS}/docs/a%20b.md?ref=main")).json();
    for field in
        ["name", "path", "sha", "size", "content", "encoding", "type", "url", "html_url", "git_url", "download_url", "last_commit_sha"]
    {
        assert_eq!(first["content"][field], read[field], "{field}");
    }
    let change = json!({ "content": base64("two\n"), "sha": sha(&asker, "docs/a%20b.md"), "message": "fix: it\n\nWhy.\n\n",
        "author": { "name": "Bob B", "email": "bob@example.org" }, "dates": { "author": "2023-11-14T23:58:20+01:45" }, "signoff": true });
    let second = made(&asker.json("PUT", &format!("{CONTENTS}/docs/a%20b.md"), &change), 200);
    assert_eq!(second["commit"]["parents"][0]["sha"], first["commit"]["sha"]);
    assert_eq!(second["commit"]["author"]["date"], "2023-11-14T23:58:20+01:45", "{second}");
    let moved = json!({ "from_path": "docs/a b.md", "sha": second["content"]["sha"], "branch": "main", "new_branch": "topic/move" });
    let moved = made(&asker.json("PUT", &format!("{CONTENTS}/guide.md"), &moved), 200);
    assert_eq!((&moved["content"]["sha"], &moved["content"]["content"]), (&second["content"]["sha"], &json!(base64("two\n"))), "{moved}");
    assert!(moved["content"]["url"].as_str().unwrap().ends_with("/contents/guide.md?ref=topic%2Fmove"), "{moved}");
    assert_eq!(tip(&asker, "main"), second["commit"]["sha"].as_str().unwrap(), "the other branch stays");
    let gone = json!({ "sha": second["content"]["sha"], "message": "Away" });
    let gone = made(&asker.json("DELETE", &format!("{CONTENTS}/docs/a%20b.md"), &gone), 200);
    assert_eq!(gone["content"], Value::Null);
    assert_eq!(asker.get(&format!("{CONTENTS}/docs/a%20b.md")).status, 404);

    let dir = cloned(&server, &ann, "clone");
    let log = ann.git.ok(&dir, &["log", "--format=%an <%ae> %ad|%cn|%B", "--date=raw", "main~1"]).unwrap();
    let signed = "Bob B <bob@example.org> 1700000000 +0145|Bob B|fix: it\n\nWhy.\n\nSigned-off-by: Bob B <bob@example.org>\n";
    assert!(log.starts_with(signed), "{log}");
    assert_eq!(ann.git.ok(&dir, &["ls-tree", "-r", "--name-only", "origin/topic/move"]).unwrap().trim(), "guide.md");
    assert_eq!(ann.git.ok(&dir, &["ls-tree", "-r", "main"]).unwrap(), "", "the folder went with its last file");
    // Each went through the door: a push with its event, and a line of the audit log.
    let pushes = asker.get("/repos/ann/tool/pushes").json();
    assert!(pushes.as_array().unwrap().len() == 4 && pushes.as_array().unwrap().iter().all(|push| push["door"] == "api"), "{pushes}");
    crate::support::eventually("the events are in the log", async || {
        let events = asker.get("/repos/ann/tool/events").json();
        let is_ours = |event: &&Value| event["kind"] == "push" && event.to_string().contains(first["commit"]["sha"].as_str().unwrap());
        events.as_array().is_some_and(|events| events.iter().any(|event| is_ours(&event)) && events.len() >= 4)
    })
    .await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_made_changed_moved_and_deleted_and_a_clone_has_each_commit() {
    a_files_life(Options::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_made_changed_moved_and_deleted_on_postgres_too() {
    let database = postgres::Database::new().unwrap();
    a_files_life(Options { database: Some(database.url().to_owned()), ..Options::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_files_are_one_commit_and_links_and_programs_stay_what_they_are() {
    let (server, ann, asker) = start().await;
    let dir = cloned(&server, &ann, "before");
    std::fs::write(dir.join("run.sh"), "#!/bin/sh\n").unwrap();
    std::os::unix::fs::symlink("README.md", dir.join("link")).unwrap();
    ann.git.ok(&dir, &["add", "-A"]).unwrap();
    ann.git.ok(&dir, &["update-index", "--chmod=+x", "run.sh"]).unwrap();
    ann.git.ok(&dir, &["commit", "--quiet", "-m", "By git"]).unwrap();
    ann.git.ok(&dir, &["push", "--quiet", "origin", "HEAD"]).unwrap();
    let mut files = json!([
        { "operation": "update", "path": "run.sh", "sha": sha(&asker, "run.sh"), "content": base64("#!/bin/sh\necho\n") },
        { "operation": "update", "path": "link", "sha": sha(&asker, "link"), "content": base64("src/main.rs") },
        { "operation": "rename", "path": "bin/main.rs", "from_path": "src/main.rs" },
        { "operation": "create", "path": "src/main.rs/inner", "content": "" },
        { "operation": "upload", "path": "README.md", "content": base64("# New\n") },
        { "operation": "create", "path": "passing", "content": base64("x") },
        { "operation": "delete", "path": "passing", "sha": "0123456789012345678901234567890123456789" },
        { "operation": "upload", "path": "ü/new", "content": base64("new") },
        { "operation": "create", "path": "draft", "content": base64("moves at once") },
        { "operation": "rename", "path": "final", "from_path": "draft" },
    ]);
    let wrong = asker.json("POST", CONTENTS, &json!({ "files": files }));
    assert_eq!(wrong.status, 409, "the sha of a file of this very commit counts too: {}", wrong.text());
    files[6]["sha"] = json!(ann.git.with_stdin(&dir, &["hash-object", "--stdin"], b"x").unwrap().trim());
    let done = made(&asker.json("POST", CONTENTS, &json!({ "message": "All at once", "files": files })), 201);
    let paths: Vec<_> = done["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["run.sh", "link", "bin/main.rs", "src/main.rs/inner", "README.md", "ü/new", "final"]);
    assert_eq!(done["files"][6]["content"], json!(base64("moves at once")));
    assert_eq!((&done["files"][1]["type"], &done["files"][1]["target"]), (&json!("symlink"), &json!("src/main.rs")));
    assert_eq!(done["files"][2]["content"], json!(base64("fn main() {}\n")));
    let dir = cloned(&server, &ann, "after");
    let listed = ann.git.ok(&dir, &["-c", "core.quotePath=false", "ls-tree", "-r", "--format=%(objectmode) %(path)", "HEAD"]).unwrap();
    let modes = "100644 README.md\n100644 bin/main.rs\n100644 final\n120000 link\n100755 run.sh\n100644 src/main.rs/inner\n100644 ü/new";
    assert_eq!(listed.trim(), modes);
    assert_eq!(ann.git.ok(&dir, &["rev-list", "--count", "HEAD"]).unwrap().trim(), "3");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_megabytes_go_in_and_more_than_that_is_for_git() {
    let (server, ann, asker) = start().await;
    // Nothing that deflates: more than is taken in from memory.
    let mut choices = hardie_testkit::history::Choices::new(7);
    let large: Vec<u8> = (0..(6 << 20) / 8).flat_map(|_| choices.number().to_le_bytes()).collect();
    let done = asker.json("POST", &format!("{CONTENTS}/large.bin"), &json!({ "content": STANDARD.encode(&large) }));
    let done = made(&done, 201);
    assert_eq!((&done["content"]["size"], &done["content"]["content"]), (&json!(6 << 20), &Value::Null));
    let dir = cloned(&server, &ann, "large");
    assert!(std::fs::read(dir.join("large.bin")).unwrap() == large, "it comes back as it went in");
    let before = tip(&asker, "main");
    let much = asker.json("POST", &format!("{CONTENTS}/much.bin"), &json!({ "content": base64(&"x".repeat((16 << 20) + 1)) }));
    assert!(much.status == 413 && much.text().contains("push it with git"), "{}", much.text());
    let file = |n: usize| json!({ "operation": "create", "path": format!("many/{n}"), "content": "" });
    let many: Vec<Value> = (0..1001).map(file).collect();
    assert_eq!(asker.json("POST", CONTENTS, &json!({ "files": many })).status, 413);
    assert_eq!(tip(&asker, "main"), before);
    made(&asker.json("POST", CONTENTS, &json!({ "files": many[..1000] })), 201);
    cloned(&server, &ann, "many");
    let moved = json!([{ "operation": "rename", "path": "moved.bin", "from_path": "large.bin" }]);
    let moved = made(&asker.json("POST", CONTENTS, &json!({ "files": moved })), 201);
    let shown = &moved["files"][0];
    assert_eq!((&shown["sha"], &shown["size"], &shown["content"]), (&done["content"]["sha"], &json!(6 << 20), &Value::Null), "{moved}");
    server.stop().await.unwrap();
}
