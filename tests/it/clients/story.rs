//! A day's work that every client does, step by step, with stock git looking on: what either writes, the other has.

use std::path::{Path, PathBuf};
use std::process::Command;

use hardie_testkit::{Git, TestServer, TestUser};

/// What a client printed, if it ended well; else all that it said.
pub type Ran = Result<String, String>;

/// A person with one implementation of git.
pub trait Client {
    /// Clones all branches and tags.
    fn clone_to(&self, url: &str, dir: &Path) -> Ran;
    /// Fetches all branches and tags, and drops branches that are gone.
    fn fetch(&self, url: &str, dir: &Path) -> Ran;
    /// Makes a branch and goes to it.
    fn branch(&self, dir: &Path, name: &str) -> Ran;
    /// Writes `made-by.txt` and commits it.
    fn commit(&self, dir: &Path, text: &str, amend: bool) -> Ran;
    /// Makes an annotated tag.
    fn tag(&self, dir: &Path, name: &str) -> Ran;
    /// Pushes one ref.
    fn push(&self, url: &str, dir: &Path, push: Push<'_>) -> Ran;
}

/// One ref of a push, by full names.
#[derive(Clone, Copy)]
pub enum Push<'a> {
    Ref { from: &'a str, to: &'a str, force: bool },
    Delete(&'a str),
}

const THEIRS: Push<'_> = Push::Ref { from: "refs/heads/theirs", to: "refs/heads/theirs", force: false };

/// Runs a client's program to its end.
pub fn ended(command: &mut Command) -> Ran {
    let output =
        command.output().unwrap_or_else(|e| panic!("{:?} does not start, cargo xtask setup installs it: {e}", command.get_program()));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.success() { Ok(said) } else { Err(said) }
}

/// A repository of this person with thirty commits, both kinds of tags and a branch `doomed`; and where git made it.
pub async fn filled(server: &TestServer, owner: &TestUser, ssh: bool) -> (String, PathBuf) {
    let repo = server.repo(owner, "day", false).await.unwrap();
    let dir = owner.git.init("day").unwrap();
    for n in 0..30 {
        owner.git.commit(&dir, &format!("dir{}/file{}", n % 3, n % 7), &format!("text {n}\n").repeat(50), "Change").unwrap();
    }
    owner.git.ok(&dir, &["tag", "-a", "v1", "-m", "One"]).unwrap();
    owner.git.ok(&dir, &["tag", "light", "main~3"]).unwrap();
    let url = if ssh { server.ssh_remote(&repo) } else { server.http_remote(&repo) };
    owner.git.ok(&dir, &["push", "--quiet", "--tags", &url, "main", "main:doomed"]).unwrap();
    (repo, dir)
}

/// Lets the client work as the owner, and try as somebody who may only read; what that one was told.
pub async fn of<C: Client>(library: &str, ssh: bool, client: impl Fn(&TestUser) -> C) -> String {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let (repo, dir) = filled(&server, &alice, ssh).await;
    let url = if ssh { server.ssh_remote(&repo) } else { server.http_remote(&repo) };
    let (git, theirs) = (&alice.git, client(&alice));
    let work = git.path(format!("{library}-work"));

    theirs.clone_to(&url, &work).unwrap();
    same(git, &work, &url, "cloned");

    let new = git.commit(&dir, "new", "new\n", "New").unwrap();
    git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    theirs.fetch(&url, &work).unwrap();
    assert_eq!(git.ok(&work, &["rev-parse", "refs/remotes/origin/main"]).unwrap(), new);

    theirs.branch(&work, "theirs").unwrap();
    theirs.commit(&work, library, false).unwrap();
    theirs.tag(&work, "v2").unwrap();
    theirs.push(&url, &work, THEIRS).unwrap();
    theirs.push(&url, &work, Push::Ref { from: "refs/tags/v2", to: "refs/tags/v2", force: false }).unwrap();
    theirs.push(&url, &work, Push::Ref { from: "refs/heads/theirs", to: "refs/tags/light2", force: false }).unwrap();
    git.ok(&dir, &["fetch", "--quiet", &url, "theirs"]).unwrap();
    assert_eq!(git.ok(&dir, &["show", "FETCH_HEAD:made-by.txt"]).unwrap(), library);

    theirs.commit(&work, "Rewritten", true).unwrap();
    theirs.push(&url, &work, THEIRS).unwrap_err();
    theirs.push(&url, &work, Push::Ref { from: "refs/heads/theirs", to: "refs/heads/theirs", force: true }).unwrap();
    theirs.push(&url, &work, Push::Delete("refs/heads/doomed")).unwrap();
    let refused = theirs.push(&url, &work, Push::Delete("refs/heads/main")).unwrap_err();
    assert!(refused.contains("default branch cannot be deleted"), "{refused}");

    theirs.fetch(&url, &work).unwrap();
    let refs = same(git, &work, &url, "after all");
    let written = ["heads/main", "heads/theirs", "tags/light", "tags/light2", "tags/v1", "tags/v2"];
    assert!(refs.lines().map(|line| line.split_once(' ').unwrap().0).eq(written), "{refs}");

    let bob = server.user("bob").await.unwrap();
    let (guest, work) = (client(&bob), bob.git.path(format!("{library}-guest")));
    guest.clone_to(&url, &work).unwrap();
    guest.branch(&work, "theirs").unwrap();
    guest.commit(&work, "mine", false).unwrap();
    let told = guest.push(&url, &work, Push::Ref { from: "refs/heads/theirs", to: "refs/heads/mine", force: false }).unwrap_err();
    server.stop().await.unwrap();
    told
}

/// A clone of this client's and a fresh one of git's are whole and have the same refs and objects; the refs.
fn same(git: &Git, work: &Path, url: &str, when: &str) -> String {
    let fresh = git.path(format!("fresh-{when}"));
    git.ok(git.home(), &["clone", "--quiet", "--mirror", url, fresh.to_str().unwrap()]).unwrap();
    let refs = |dir: &Path, branches: &str| {
        let list = git.ok(dir, &["for-each-ref", "--format=%(refname:lstrip=1) %(objectname)", branches, "refs/tags"]).unwrap();
        let lines = list.lines().filter(|line| !line.contains("/HEAD "));
        lines.map(|line| line.replace("remotes/origin/", "heads/")).collect::<Vec<_>>().join("\n")
    };
    let objects = |dir: &Path| {
        let list = git.ok(dir, &["rev-list", "--objects", "--all", "--no-object-names"]).unwrap();
        list.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    };
    for dir in [work, fresh.as_path()] {
        git.ok(dir, &["fsck", "--strict", "--no-dangling"]).unwrap();
    }
    let shown = refs(&fresh, "refs/heads");
    assert_eq!(refs(work, "refs/remotes/origin"), shown, "{when}");
    assert_eq!(objects(work), objects(&fresh), "{when}");
    shown
}
