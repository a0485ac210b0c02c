//! The code browser and the raw bytes behind it.

use hardie_testkit::{TestServer, TestUser};
use serde_json::Value;

use super::Asker;

/// A repository with a README, a page that would run, odd names, a branch with a slash and two tags.
async fn start() -> (TestServer, TestUser) {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    server.repo(&ann, "tool", false).await.unwrap();
    let dir = ann.git.init("work").unwrap();
    ann.git.commit(&dir, "README.md", "# Tool\n\n<script>alert(1)</script>\n\n[code](src/main.rs)\n", "Begin").unwrap();
    std::fs::create_dir_all(dir.join("src")).unwrap();
    ann.git.commit(&dir, "src/main.rs", "fn main() {\n    println!(\"<b>\");\n}\n", "Add main\n\nWith a body.").unwrap();
    ann.git.commit(&dir, "page.html", "<script>alert(1)</script>\n", "Add a page").unwrap();
    ann.git.commit(&dir, "a b%ü.txt", "odd\n", "Add an odd name").unwrap();
    ann.git.ok(&dir, &["tag", "v1"]).unwrap();
    ann.git.ok(&dir, &["tag", "-a", "-m", "Second", "v2"]).unwrap();
    let remote = server.http_remote("ann/tool");
    ann.git.ok(&dir, &["push", "-q", &remote, "HEAD:refs/heads/main", "HEAD~1:refs/heads/feature/x", "v1", "v2"]).unwrap();
    (server, ann)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_lists_the_commit_that_last_touched_each_entry() {
    let (server, _) = start().await;
    let nobody = Asker::new(&server, None);
    let tree = nobody.get("/repos/ann/tool/tree").json();
    assert_eq!((&tree["ref"], &tree["ref_kind"], &tree["total_count"]), (&"main".into(), &"branch".into(), &4.into()), "{tree}");
    let names: Vec<&str> = tree["entries"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["src", "README.md", "a b%ü.txt", "page.html"]);
    assert_eq!(tree["entries"][0]["type"], "dir");
    assert_eq!(tree["entries"][0]["last_commit"]["title"], "Add main");
    let encoded = tree["entries"][2]["url_path"].as_str().unwrap();
    assert_eq!(nobody.get(&format!("/repos/ann/tool/raw/{encoded}")).text(), "odd\n");
    for same in ["feature%2Fx", "feature/x"] {
        assert_eq!(nobody.get(&format!("/repos/ann/tool/branches/{same}")).json()["name"], "feature/x");
        assert_eq!(nobody.get(&format!("/repos/ann/tool/tree?ref={same}")).json()["total_count"], 3);
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_documents_are_shown_without_anything_that_runs() {
    let (server, _) = start().await;
    let nobody = Asker::new(&server, None);
    let file = nobody.get("/repos/ann/tool/file/src/main.rs").json();
    assert_eq!((&file["language"], file["lines"].as_array().unwrap().len()), (&"Rust".into(), 3), "{file}");
    let shown = file["lines"][1].as_str().unwrap();
    assert!(shown.contains("&lt;b&gt;") && !shown.contains("<b>"), "{shown}");
    let readme = nobody.get("/repos/ann/tool/readme").json();
    let html = readme["html"].as_str().unwrap();
    assert!(!html.contains("<script") && html.contains("/ann/tool/src/branch/main/src/main.rs"), "{html}");
    assert_eq!(nobody.get("/repos/ann/tool/readme/src").status, 404);
    assert_eq!(nobody.get("/repos/ann/tool/file/src").status, 404);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_bytes_never_run_in_our_origin_and_are_sent_once() {
    let (server, _) = start().await;
    let nobody = Asker::new(&server, None);
    for path in
        ["/api/v1/repos/ann/tool/raw/page.html", "/api/v1/repos/ann/tool/media/page.html?ref=main", "/ann/tool/raw/branch/main/page.html"]
    {
        let raw = nobody.send("GET", path, &[], b"");
        assert_eq!((raw.status, raw.text().as_str()), (200, "<script>alert(1)</script>\n"), "{path}");
        assert_eq!(raw.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(raw.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(raw.header("x-content-type-options"), "nosniff");
        let again = nobody.send("GET", path, &[("if-none-match", raw.header("etag"))], b"");
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    // Drone's old form, with the ref first.
    assert_eq!(nobody.get("/repos/ann/tool/raw/main/src/main.rs").status, 200);
    assert_eq!(nobody.send("GET", "/ann/tool/raw/tag/v2/page.html", &[], b"").status, 200);
    assert_eq!(nobody.send("GET", "/ann/tool/raw/branch/feature%2Fx/page.html", &[], b"").status, 200);
    assert_eq!(nobody.send("GET", "/ann/tool/raw/branch/v1/page.html", &[], b"").status, 404);
    // Gitea's form, where the slashes of a branch's name are not encoded.
    assert_eq!(nobody.send("GET", "/ann/tool/raw/branch/feature/x/src/main.rs", &[], b"").status, 200);
    for nothing in
        ["branch/feature/x/nothing", "branch/feature/y/src/main.rs", "tag/feature/x/page.html", "branch/a/b/c/d/e/f/g/h/i/j/k/l/m"]
    {
        assert_eq!(nobody.send("GET", &format!("/ann/tool/raw/{nothing}"), &[], b"").status, 404, "{nothing}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn contents_are_an_object_for_a_file_and_a_list_for_a_folder() {
    let (server, _) = start().await;
    let nobody = Asker::new(&server, None);
    for path in ["src/main.rs", "src%2Fmain.rs"] {
        let file = nobody.get(&format!("/repos/ann/tool/contents/{path}?ref=main")).json();
        assert_eq!((&file["type"], &file["encoding"], &file["path"]), (&"file".into(), &"base64".into(), &"src/main.rs".into()), "{file}");
        assert_eq!(file["content"], "Zm4gbWFpbigpIHsKICAgIHByaW50bG4hKCI8Yj4iKTsKfQo=");
    }
    let list = nobody.get("/repos/ann/tool/contents").json();
    assert!(list.as_array().unwrap().iter().any(|e| e["type"] == "dir" && e["name"] == "src"), "{list}");
    assert_eq!(nobody.get("/repos/ann/tool/contents/src").json()[0]["path"], "src/main.rs");
    let first = nobody.get("/repos/ann/tool/contents/README.md");
    let again = nobody.send("GET", "/api/v1/repos/ann/tool/contents/README.md", &[("if-none-match", first.header("etag"))], b"");
    assert_eq!(again.status, 304);
    assert_eq!(nobody.get("/repos/ann/tool/contents/nothing").status, 404);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn history_diffs_trees_and_refs_are_read() {
    let (server, ann) = start().await;
    let nobody = Asker::new(&server, None);
    let count = ann.git.ok(&ann.git.path("work"), &["rev-list", "--count", "HEAD"]).unwrap();
    let commits = nobody.get("/repos/ann/tool/commits?limit=2");
    assert_eq!((commits.json().as_array().unwrap().len(), commits.header("x-total-count")), (2, count.trim()));
    assert!(commits.header("link").contains("rel=\"next\""));
    let of_path = nobody.get("/repos/ann/tool/commits?path=src").json();
    let sha = of_path[0]["sha"].as_str().unwrap();
    assert_eq!((of_path.as_array().unwrap().len(), &of_path[0]["author"]["login"]), (1, &Value::from("ann")), "{of_path}");
    let commit = nobody.get(&format!("/repos/ann/tool/git/commits/{sha}")).json();
    assert_eq!((&commit["files"][0]["filename"], &commit["stats"]["additions"]), (&"src/main.rs".into(), &3.into()), "{commit}");
    let diff = nobody.get(&format!("/repos/ann/tool/git/commits/{sha}/diff")).json();
    assert_eq!((&diff["body"], &diff["files"][0]["status"]), (&"With a body.".into(), &"added".into()), "{diff}");
    let line = &diff["files"][0]["hunks"][0]["lines"][0];
    assert_eq!((&line["kind"], &line["new"], &line["old"]), (&"add".into(), &1.into(), &Value::Null));
    let text = nobody.get(&format!("/repos/ann/tool/git/commits/{sha}.diff"));
    assert!(text.text().contains("+++ b/src/main.rs") && text.header("content-security-policy").contains("sandbox"), "{}", text.text());
    assert_eq!(nobody.get(&format!("/repos/ann/tool/git/commits/{sha}.patch")).status, 501);

    let tree = nobody.get("/repos/ann/tool/git/trees/main?recursive=1").json();
    assert!(tree["tree"].as_array().unwrap().iter().any(|e| e["path"] == "src/main.rs" && e["mode"] == "100644"), "{tree}");
    let blob = tree["tree"].as_array().unwrap().iter().find(|e| e["path"] == "README.md").unwrap()["sha"].as_str().unwrap().to_owned();
    assert_eq!(nobody.get(&format!("/repos/ann/tool/git/blobs/{blob}")).json()["encoding"], "base64");
    let refs = nobody.get("/repos/ann/tool/git/refs/tags").json();
    assert_eq!((&refs[0]["ref"], &refs[1]["object"]["type"]), (&"refs/tags/v1".into(), &"tag".into()), "{refs}");
    assert_eq!(nobody.get("/repos/ann/tool/git/refs/none").status, 404);
    assert_eq!(nobody.get("/repos/ann/tool/tags/v2").json()["message"].as_str().map(str::trim), Some("Second"));
    assert_eq!(nobody.get("/repos/ann/tool/compare/feature/x...main").json()["total_commits"], 1);

    let owner = Asker::new(&server, Some(&ann));
    assert_eq!(nobody.json("DELETE", "/repos/ann/tool/branches/feature%2Fx", &Value::Null).status, 401);
    assert_eq!(owner.json("DELETE", "/repos/ann/tool/branches/main", &Value::Null).status, 403, "the default branch stays");
    assert_eq!(owner.json("DELETE", "/repos/ann/tool/branches/feature%2Fx", &Value::Null).status, 204);
    assert_eq!(nobody.get("/repos/ann/tool/branches/feature/x").status, 404);
    let pushes = owner.get("/repos/ann/tool/pushes").json();
    assert!(pushes.as_array().unwrap().iter().any(|p| p["door"] == "api" && p["refs"][0]["kind"] == "delete"), "{pushes}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_of_a_file_knows_who_brought_it() {
    let (server, ann) = start().await;
    let nobody = Asker::new(&server, None);
    let dir = ann.git.path("work");
    let text = |middle: &str| format!("fn first() {{}}\nfn second() {{}}\nconst X: &str = \"<{middle}>\";\nfn last() {{}}\n");
    ann.git.commit(&dir, "src/old.rs", &text("b"), "Add more").unwrap();
    ann.git.ok(&dir, &["mv", "src/old.rs", "src/new.rs"]).unwrap();
    ann.git.commit(&dir, "src/new.rs", &text("i"), "Lean it over").unwrap();
    ann.git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "HEAD:refs/heads/main"]).unwrap();
    let answer = nobody.get("/repos/ann/tool/blame/src/new.rs?ref=main");
    let blame = answer.json();
    let runs: Vec<_> = blame["runs"].as_array().unwrap().iter().map(|run| (&run["start"], &run["lines"], &run["original_start"])).collect();
    assert_eq!(runs, [(&1.into(), &2.into(), &1.into()), (&3.into(), &1.into(), &3.into()), (&4.into(), &1.into(), &4.into())], "{blame}");
    let source = |run: usize| &blame["sources"][usize::try_from(blame["runs"][run]["source"].as_u64().unwrap()).unwrap()];
    assert_eq!((&source(0)["commit"]["title"], &source(0)["path"]), (&"Add more".into(), &"src/old.rs".into()));
    assert_eq!((&source(1)["commit"]["title"], &source(1)["path"]), (&"Lean it over".into(), &"".into()));
    assert_eq!((&blame["complete"], blame["lines"].as_array().unwrap().len()), (&true.into(), 4));
    assert!(blame["lines"][2].as_str().unwrap().contains("&lt;i&gt;"));
    let again = nobody.send("GET", "/api/v1/repos/ann/tool/blame/src/new.rs?ref=main", &[("if-none-match", answer.header("etag"))], b"");
    assert_eq!(again.status, 304);
    for nothing in ["src", "none.rs", "src/old.rs", ""] {
        assert_eq!(nobody.get(&format!("/repos/ann/tool/blame/{nothing}")).status, 404, "{nothing}");
    }
    ann.git.commit(&dir, "data.bin", "a\0b\n", "Add data").unwrap();
    ann.git.commit(&dir, "long.txt", &"line\n".repeat(300_000), "Add a long file").unwrap();
    ann.git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "HEAD:refs/heads/main"]).unwrap();
    for (file, status, why) in [("data.bin", 422, "not a text file"), ("long.txt", 413, "1500000 bytes")] {
        let refused = nobody.get(&format!("/repos/ann/tool/blame/{file}"));
        assert!(refused.status == status && refused.text().contains(why), "{} {}", refused.status, refused.text());
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_found_in_the_files_of_a_ref() {
    let (server, _) = start().await;
    let nobody = Asker::new(&server, None);
    let found = nobody.get("/repos/ann/tool/search?q=ALERT&ignore_case=true").json();
    let paths: Vec<_> = found["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!((paths, &found["more"], &found["cut_short"]), (vec!["README.md", "page.html"], &false.into(), &false.into()), "{found}");
    let line = &found["files"][1]["lines"][0];
    assert_eq!((&line["number"], &line["parts"][0]["text"], &line["parts"][0]["match"]), (&1.into(), &"<script>".into(), &false.into()));
    assert_eq!((&line["parts"][1]["text"], &line["parts"][1]["match"]), (&"alert".into(), &true.into()), "{line}");
    let count = |query: &str| nobody.get(&format!("/repos/ann/tool/search?{query}")).json()["files"].as_array().unwrap().len();
    assert_eq!((count("q=ALERT"), count("q=alert&ref=feature/x"), count("q=main&path=src"), count("q=main")), (0, 2, 1, 2));
    let status = |query: &str| nobody.get(&format!("/repos/ann/tool/search?{query}")).status;
    let long = format!("q={}", "x".repeat(257));
    assert_eq!([status(""), status("q="), status("q=a%0Ab"), status(&long)], [422; 4]);
    assert_eq!([status("q=a&ref=none"), status("q=a&path=none"), status("q=a&path=..%2Fsrc")], [404; 3]);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_begins_where_the_two_parted() {
    let (server, ann) = start().await;
    let nobody = Asker::new(&server, None);
    let dir = ann.git.path("work");
    let common = ann.git.ok(&dir, &["rev-parse", "HEAD~1"]).unwrap();
    ann.git.ok(&dir, &["switch", "-q", "-c", "side", "HEAD~1"]).unwrap();
    ann.git.commit(&dir, "side.txt", "side\n", "Step aside").unwrap();
    ann.git.ok(&dir, &["push", "-q", &server.http_remote("ann/tool"), "side"]).unwrap();
    let files = |compared: &Value| {
        let list = compared["files"].as_array().unwrap().iter();
        list.map(|f| format!("{} {}", f["status"].as_str().unwrap(), f["filename"].as_str().unwrap())).collect::<Vec<_>>()
    };
    let from_base = nobody.get("/repos/ann/tool/compare/main...side").json();
    assert_eq!((&from_base["total_commits"], &from_base["behind_by"]), (&1.into(), &1.into()), "{from_base}");
    assert_eq!(from_base["merge_base"].as_str().unwrap(), common.trim());
    assert_eq!(from_base["mergeable"], true);
    assert_eq!((files(&from_base), &from_base["stats"]["additions"]), (vec!["added side.txt".to_owned()], &1.into()));
    let direct = nobody.get("/repos/ann/tool/compare/main..side").json();
    assert_eq!((&direct["total_commits"], files(&direct)), (&1.into(), vec!["removed a b%ü.txt".to_owned(), "added side.txt".to_owned()]));
    assert_eq!(nobody.get("/repos/ann/tool/compare/main").status, 400);
    assert_eq!(nobody.get("/repos/ann/tool/compare/main...none").status, 404);
    let branches = nobody.get("/repos/ann/tool/branches").json();
    let distances: Vec<_> = branches.as_array().unwrap().iter().map(|b| (b["name"].as_str().unwrap(), &b["ahead"], &b["behind"])).collect();
    let known = [("main", &Value::Null, &Value::Null), ("feature/x", &0.into(), &1.into()), ("side", &1.into(), &1.into())];
    assert_eq!(distances, known);
    server.stop().await.unwrap();
}
