//! Looking into repositories: what is found, and what an id alone does not open.

use hardie_app::browse::{
    self, CommitQuery, EntryKind, RevKind, Status, blob, commit, commits, compare, file, get_branch, get_tag, git_tree, list_branches,
    list_tags, raw, readme, tree,
};
use hardie_app::protections::{ProtectionChange, create_protection};
use hardie_domain::page::Page;
use hardie_testkit::{TestServer, TestUser};

use super::{ctx, kind, nobody, path};

const ALL: fn() -> Page = || Page::new(None, Some(50));

/// A repository with a README, a folder, a second branch, an annotated tag and an odd name.
async fn filled(server: &TestServer) -> (TestUser, std::path::PathBuf) {
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "tool", true).await.unwrap();
    let dir = alice.git.init("tool").unwrap();
    let git = &alice.git;
    git.commit(&dir, "README.md", "# Tool\n", "Add a README").unwrap();
    std::fs::create_dir_all(dir.join("src")).unwrap();
    git.commit(&dir, "src/main.rs", "fn main() {}\n", "Add the program").unwrap();
    git.ok(&dir, &["tag", "-a", "v1.0", "-m", "First release"]).unwrap();
    git.ok(&dir, &["switch", "-q", "-c", "feature/x"]).unwrap();
    git.commit(&dir, "src/main.rs", "fn main() { println!(); }\n", "Print").unwrap();
    git.ok(&dir, &["switch", "-q", "main"]).unwrap();
    git.commit(&dir, "bin.dat", "a\0b", "Add data").unwrap();
    git.ok(&dir, &["push", "--quiet", &server.http_remote(&repo), "main", "feature/x", "v1.0"]).unwrap();
    (alice, dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn trees_files_and_readme_are_found_by_branch_tag_and_commit() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, dir) = filled(&server).await;
    let (me, repo) = (ctx(&server, &alice).await, path("alice/tool"));
    let top = tree(app, &me, &repo, None, b"", ALL(), true).await.unwrap();
    assert_eq!((top.rev.name.as_str(), top.rev.kind), ("main", RevKind::Branch));
    let names: Vec<_> = top.items.iter().map(|i| String::from_utf8_lossy(&i.name).into_owned()).collect();
    assert_eq!(names.first().map(String::as_str), Some("src"), "folders come first");
    assert!(names.contains(&"README.md".to_owned()) && names.contains(&"bin.dat".to_owned()));
    assert!(top.complete);
    let subject = |item: &browse::TreeItem| String::from_utf8_lossy(&item.last_commit.as_ref().unwrap().message).trim().to_owned();
    assert_eq!(subject(top.items.iter().find(|i| i.name == b"src").unwrap()), "Add the program");
    assert_eq!(top.items.iter().find(|i| i.name == b"src").unwrap().kind, EntryKind::Dir);
    let tip = alice.git.ok(&dir, &["rev-parse", "feature/x"]).unwrap().trim().to_owned();
    for rev in ["feature/x", "refs/heads/feature/x", tip.as_str(), &tip[..10]] {
        let shown = file(app, &me, &repo, Some(rev), b"src/main.rs").await.unwrap();
        assert_eq!(shown.content.as_deref(), Some(&b"fn main() { println!(); }\n"[..]), "{rev}");
    }
    let released = raw(app, &me, &repo, Some("v1.0"), b"src/main.rs").await.unwrap();
    assert_eq!((&released.content[..], released.name.as_slice()), (&b"fn main() {}\n"[..], &b"main.rs"[..]));
    assert!(file(app, &me, &repo, None, b"bin.dat").await.unwrap().is_binary);
    let readme = readme(app, &me, &repo, None, b"").await.unwrap().unwrap();
    assert_eq!((readme.path.as_slice(), readme.is_markdown), (&b"README.md"[..], true));
    let all = git_tree(app, &me, &repo, "main", true, ALL()).await.unwrap();
    assert!(all.items.iter().any(|i| i.path == b"src/main.rs") && !all.truncated);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn history_differences_and_refs_are_what_git_says() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, dir) = filled(&server).await;
    let (me, repo) = (ctx(&server, &alice).await, path("alice/tool"));
    let log = |args: &[&str]| -> Vec<String> {
        let text = alice.git.ok(&dir, &[&["log", "--format=%H"], args].concat()).unwrap();
        text.lines().map(str::to_owned).collect()
    };
    let ids = async |query: CommitQuery| {
        let page = commits(app, &me, &repo, &query, ALL()).await.unwrap();
        assert!(!page.more && !page.cut_short);
        page.commits.iter().map(|c| c.info.id.to_hex()).collect::<Vec<_>>()
    };
    assert_eq!(ids(CommitQuery::default()).await, log(&["main"]));
    assert_eq!(ids(CommitQuery { rev: Some("feature/x".into()), ..Default::default() }).await, log(&["feature/x"]));
    assert_eq!(ids(CommitQuery { path: b"src".to_vec(), ..Default::default() }).await, log(&["main", "--", "src"]));
    let change = commit(app, &me, &repo, "feature/x").await.unwrap();
    assert_eq!(change.commit.info.message.trim_ascii(), b"Print");
    let only = &change.diff.files[..];
    assert!(
        matches!(only, [one] if one.status == Status::Modified && one.path == b"src/main.rs" && one.additions == 1 && one.deletions == 1)
    );
    let compared = compare(app, &me, &repo, "main", "feature/x", false).await.unwrap();
    assert_eq!((compared.ahead, compared.behind, compared.commits.len()), (1, 1, 1));
    assert_eq!(
        compared.merge_base.map(|id| id.to_hex()),
        alice.git.ok(&dir, &["merge-base", "main", "feature/x"]).ok().map(|t| t.trim().to_owned())
    );
    create_protection(app, &me, &repo, "feature/*", ProtectionChange::default()).await.unwrap();
    let branches = list_branches(app, &me, &repo, ALL()).await.unwrap().items;
    let shown: Vec<_> = branches.iter().map(|b| (b.name.short(), b.is_default, b.rules.len(), b.allow_delete)).collect();
    assert_eq!(shown, [("main".to_owned(), true, 0, false), ("feature/x".to_owned(), false, 1, false)]);
    assert!(get_branch(app, &me, &repo, "feature/x").await.unwrap().can_push);
    let tag = get_tag(app, &me, &repo, "v1.0").await.unwrap();
    assert_eq!(tag.annotation.unwrap().message.trim_ascii(), b"First release");
    assert_eq!(list_tags(app, &me, &repo, ALL()).await.unwrap().total, 1);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_alone_opens_nothing_that_no_visible_ref_reaches() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, dir) = filled(&server).await;
    let (me, repo) = (ctx(&server, &alice).await, path("alice/tool"));
    let git = &alice.git;
    git.ok(&dir, &["switch", "-q", "-c", "gone"]).unwrap();
    git.commit(&dir, "secret.txt", "the leaked password\n", "Leak").unwrap();
    let remote = server.http_remote("alice/tool");
    git.ok(&dir, &["push", "--quiet", &remote, "gone"]).unwrap();
    let id = |what: &str| git.ok(&dir, &["rev-parse", what]).unwrap().trim().to_owned();
    let (leak, secret) = (id("gone"), id("gone:secret.txt"));
    assert!(commit(app, &me, &repo, &leak).await.is_ok());
    assert!(blob(app, &me, &repo, &secret).await.is_ok());
    git.ok(&dir, &["push", "--quiet", &remote, ":gone"]).unwrap();
    assert_eq!(kind(commit(app, &me, &repo, &leak).await), "not found");
    assert_eq!(kind(commit(app, &me, &repo, &leak[..8]).await), "not found");
    assert_eq!(kind(file(app, &me, &repo, Some(&leak), b"secret.txt").await), "not found");
    // What is missing altogether gets the same answer.
    assert_eq!(kind(commit(app, &me, &repo, &"1".repeat(40)).await), "not found");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_paths_are_looked_up_never_interpreted() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, _dir) = filled(&server).await;
    let (me, repo) = (ctx(&server, &alice).await, path("alice/tool"));
    for rev in ["main~1", "main^{tree}", "@{u}", "../main", "--all", ":/Add", "refs/heads/../heads/main", "main\0", "HEAD~"] {
        assert_eq!(kind(file(app, &me, &repo, Some(rev), b"README.md").await), "not found", "{rev}");
    }
    let long = "a/".repeat(10_000);
    for file_path in ["../README.md", "/README.md", "src/../README.md", "src//main.rs", "./README.md", ".git/config", "src", "", &long] {
        assert_eq!(kind(raw(app, &me, &repo, None, file_path.as_bytes()).await), "not found", "{:.40}", file_path);
    }
    for asker in [nobody(), ctx(&server, &server.user("bob").await.unwrap()).await] {
        assert_eq!(kind(tree(app, &asker, &repo, None, b"", ALL(), false).await), "not found");
        assert_eq!(kind(list_branches(app, &asker, &repo, ALL()).await), "not found");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_repository_has_no_tree_and_no_branches() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let repo = path(&server.repo(&alice, "fresh", true).await.unwrap());
    let me = ctx(&server, &alice).await;
    assert_eq!(list_branches(app, &me, &repo, ALL()).await.unwrap().total, 0);
    assert_eq!(kind(tree(app, &me, &repo, None, b"", ALL(), true).await), "not found");
    assert_eq!(kind(commits(app, &me, &repo, &CommitQuery::default(), ALL()).await), "not found");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_few_digits_finds_commits_and_tags_but_no_trees_and_blobs() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, dir) = filled(&server).await;
    let (me, repo) = (ctx(&server, &alice).await, path("alice/tool"));
    let id = |what: &str| alice.git.ok(&dir, &["rev-parse", what]).unwrap().trim().to_owned();
    let (head, tree, readme, tag) = (id("main"), id("main^{tree}"), id("main:README.md"), id("v1.0"));
    for digits in [8, 12, 39] {
        assert_eq!(commit(app, &me, &repo, &head[..digits]).await.unwrap().commit.info.id.to_hex(), head);
        assert_eq!(browse::get_tag_object(app, &me, &repo, &tag[..digits]).await.unwrap().annotation.oid.to_hex(), tag);
        assert!(git_tree(app, &me, &repo, &head[..digits], false, ALL()).await.is_ok());
        assert_eq!(kind(git_tree(app, &me, &repo, &tree[..digits], false, ALL()).await), "not found");
        assert_eq!(kind(blob(app, &me, &repo, &readme[..digits]).await), "not found");
        // The same words as for what is not there.
        let text = async |id: &str| commit(app, &me, &repo, id).await.unwrap_err().to_string();
        assert_eq!(text(&readme[..digits]).await, text(&"f".repeat(digits)).await);
    }
    assert!(git_tree(app, &me, &repo, &tree, false, ALL()).await.is_ok() && blob(app, &me, &repo, &readme).await.is_ok());
    server.stop().await.unwrap();
}
