//! Pushes and fetches whose client is slow, and what happens to others, and to the rules, meanwhile.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use hardie_app::accounts::{NewOrg, create_org};
use hardie_app::repos::{NewRepo, create_repo};
use hardie_app::teams::{NewTeam, TeamChange, add_team_member, create_team, delete_team, edit_team, remove_team_member};
use hardie_app::transport::{Version, git_receive_pack, git_upload_pack};
use hardie_app::{App, Ctx};
use hardie_domain::access::{Role, Visibility};
use hardie_domain::names::RepoPath;
use hardie_git::packs::{DiskFiles, Files};
use hardie_testkit::{Options, TestServer, TestUser, raw};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{ctx, path};
use crate::git::with_repo;
use crate::support::eventually;

const ZERO: &str = "0000000000000000000000000000000000000000";
/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// A push whose bytes the test hands over as it likes.
struct Push {
    input: DuplexStream,
    output: DuplexStream,
    talk: JoinHandle<hardie_app::Result<()>>,
}

impl Push {
    /// `answer_bytes` is what the client takes in before it reads.
    fn begin(app: &App, ctx: &Ctx, repo: &str, answer_bytes: usize) -> Push {
        let (input, theirs) = tokio::io::duplex(1 << 20);
        let (output, ours) = tokio::io::duplex(answer_bytes);
        let (app, ctx, repo) = (app.clone(), ctx.clone(), path(repo));
        let talk = tokio::spawn(async move { git_receive_pack(&app, &ctx, &repo, Version::V0, true, theirs, ours).await });
        Push { input, output, talk }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).await.unwrap();
    }

    /// Ends the input and reads the whole answer.
    async fn answer(mut self) -> String {
        self.input.shutdown().await.unwrap();
        let mut answer = Vec::new();
        timeout(LONG, self.output.read_to_end(&mut answer)).await.unwrap().unwrap();
        self.talk.await.unwrap().unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// Commands and a pack of what these commits add to `not`.
fn body(user: &TestUser, dir: &Path, commands: &[(&str, &str, &str)], not: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (n, (old, new, name)) in commands.iter().enumerate() {
        let capabilities = if n == 0 { "\0report-status side-band-64k agent=raw" } else { "" };
        body.extend(raw::packet(format!("{old} {new} {name}{capabilities}\n").as_bytes()));
    }
    body.extend_from_slice(b"0000");
    let wanted: String = commands.iter().map(|(_, new, _)| format!("{new}\n")).collect();
    let revisions = format!("{wanted}{}", if not.is_empty() { String::new() } else { format!("^{not}\n") });
    body.extend(user.git.filter(dir, &["pack-objects", "--revs", "--stdout", "--quiet"], revisions.as_bytes()).unwrap());
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pusher_who_reads_nothing_holds_up_nobody_and_is_served() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let app = &server.server.app;
    let alice = ctx(&server, &user).await;
    let old = user.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();
    for n in 0..60 {
        user.git.commit(&dir, "file.txt", &"line\n".repeat(200 + n), "Grow").unwrap();
    }
    let new = user.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();
    let mut push = Push::begin(app, &alice, &repo, 8);
    push.send(&body(&user, &dir, &[(&old, &new, "refs/heads/main")], &old)).await;
    push.input.shutdown().await.unwrap();
    eventually("the push is committed although its client reads nothing", async || {
        user.git.ok(&dir, &["ls-remote", &server.http_remote(&repo), "refs/heads/main"]).unwrap().starts_with(&new)
    })
    .await;
    timeout(LONG, server.user("bob")).await.expect("others can write").unwrap();
    push.talk.abort();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_let_go_during_an_upload_does_not_land_it() {
    let server = TestServer::start().await.unwrap();
    let (alice, repo, dir) = with_repo(&server, "alice", "tool").await;
    let app = &server.server.app;
    let (owner, bob) = (ctx(&server, &alice).await, server.user("bob").await.unwrap());
    let old = alice.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();
    let new = alice.git.commit(&dir, "file.txt", "more\n", "More").unwrap();
    let bytes = body(&alice, &dir, &[(&old, &new, "refs/heads/main")], &old);
    let (head, tail) = bytes.split_at(bytes.len() - 20);
    for revoked in ["collaborator", "token"] {
        hardie_app::collaborators::set_collaborator(app, &owner, &path(&repo), "bob", Role::Write).await.unwrap();
        let pusher = super::scoped(&server, &bob, &["write:repository"]).await;
        let mut push = Push::begin(app, &pusher, &repo, 1 << 16);
        push.send(head).await;
        match revoked {
            "collaborator" => hardie_app::collaborators::remove_collaborator(app, &owner, &path(&repo), "bob").await.unwrap(),
            _ => hardie_app::identity::delete_token(app, &ctx(&server, &bob).await, "bob", "write:repository").await.unwrap(),
        }
        push.send(tail).await;
        let answer = push.answer().await;
        assert!(answer.contains("ng refs/heads/main"), "{revoked}: {answer}");
        if revoked == "collaborator" {
            hardie_app::identity::delete_token(app, &ctx(&server, &bob).await, "bob", "write:repository").await.unwrap();
        }
        assert!(alice.git.ok(&dir, &["ls-remote", &server.http_remote(&repo), "refs/heads/main"]).unwrap().starts_with(&old));
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_taken_out_of_a_team_during_an_upload_does_not_land_it() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let app = &server.server.app;
    let (owner, pusher) = (ctx(&server, &alice).await, ctx(&server, &bob).await);
    let org = NewOrg { name: "acme".to_owned(), ..NewOrg::default() };
    create_org(app, &owner, org).await.unwrap();
    let new = NewRepo { name: "tool".to_owned(), description: String::new(), visibility: Visibility::Public, default_branch: None };
    create_repo(app, &owner, Some("acme"), new).await.unwrap();
    let dir = alice.git.init("tool").unwrap();
    let remote = server.http_remote("acme/tool");
    alice.git.ok(&dir, &["push", "--quiet", &remote, "main"]).unwrap();
    let old = alice.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();
    let new = alice.git.commit(&dir, "file.txt", "more\n", "More").unwrap();
    let bytes = body(&alice, &dir, &[(&old, &new, "refs/heads/main")], &old);
    let (head, tail) = bytes.split_at(bytes.len() - 20);
    let change = |includes_all, permission: &str| TeamChange {
        includes_all: Some(includes_all),
        permission: Some(permission.to_owned()),
        ..TeamChange::default()
    };
    for way in ["member", "level", "reach", "team", "none"] {
        let team = NewTeam { name: way.to_owned(), permission: Some("write".to_owned()), includes_all: true, ..NewTeam::default() };
        let team = create_team(app, &owner, "acme", team).await.unwrap().team.id;
        add_team_member(app, &owner, team, "bob").await.unwrap();
        let mut push = Push::begin(app, &pusher, "acme/tool", 1 << 16);
        push.send(head).await;
        match way {
            "member" => remove_team_member(app, &owner, team, "bob").await.unwrap(),
            "level" => drop(edit_team(app, &owner, team, change(true, "read")).await.unwrap()),
            "reach" => drop(edit_team(app, &owner, team, change(false, "write")).await.unwrap()),
            "team" => delete_team(app, &owner, team).await.unwrap(),
            _ => {}
        }
        push.send(tail).await;
        let answer = push.answer().await;
        let (said, now) = if way == "none" { ("ok", &new) } else { ("ng", &old) };
        assert!(answer.contains(&format!("{said} refs/heads/main")), "{way}: {answer}");
        assert!(alice.git.ok(&dir, &["ls-remote", &remote, "refs/heads/main"]).unwrap().starts_with(now), "{way}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_the_owner_and_the_site_that_move_do_not_stop_pushes() {
    let server = TestServer::start().await.unwrap();
    let (alice, repo, dir) = with_repo(&server, "alice", "tool").await;
    let app = &server.server.app;
    let owner = app.store.find_account_by_name("alice").await.unwrap().unwrap().id;
    for n in 0..2 {
        // The repository is opened, and kept.
        alice.git.ok(&dir, &["ls-remote", &server.http_remote(&repo)]).unwrap();
        let mut tx = app.store.begin().await.unwrap();
        let moved = if n == 0 { tx.bump_account_rules(owner).await } else { tx.bump_site_rules().await };
        assert!(moved.unwrap());
        tx.commit().await.unwrap();
        alice.git.commit(&dir, "file.txt", &format!("{n}\n"), "Change").unwrap();
        alice.git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_stall_leave_room_for_others() {
    let server = TestServer::start().await.unwrap();
    let (alice, repo, dir) = with_repo(&server, "alice", "tool").await;
    let app = &server.server.app;
    // Long enough not to fit in what lies between server and client.
    let noise: String = (0..60_000u32).map(|n| format!("{:08x}\n", n.wrapping_mul(2_654_435_761))).collect();
    let tip = alice.git.commit(&dir, "noise.txt", &noise, "Noise").unwrap();
    alice.git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    let want = [raw::packet(b"command=fetch"), b"0001".to_vec(), raw::packet(format!("want {tip}\n").as_bytes()), raw::packet(b"done\n")];
    let want = [want.concat(), b"0000".to_vec()].concat();
    let new = alice.git.commit(&dir, "file.txt", "more\n", "More").unwrap();
    let mut stalled = Vec::new();
    for name in ["bob", "carol"] {
        let user = server.user(name).await.unwrap();
        hardie_app::collaborators::set_collaborator(app, &ctx(&server, &alice).await, &path(&repo), name, Role::Write).await.unwrap();
        let who = ctx(&server, &user).await;
        for n in 0..8 {
            let mut push = Push::begin(app, &who, &repo, 1 << 16);
            let bytes = body(&alice, &dir, &[(ZERO, &new, &format!("refs/heads/{name}{n}"))], "");
            push.send(&bytes[..bytes.len() - 20]).await;
            stalled.push(push);
        }
        for _ in 0..8 {
            stalled.push(fetch_unread(app, &who, path(&repo), &want).await);
        }
    }
    let dave = server.user("dave").await.unwrap();
    let own = server.repo(&dave, "own", true).await.unwrap();
    let work = dave.git.init("own").unwrap();
    dave.git.ok(&work, &["push", "--quiet", &server.http_remote(&own), "main"]).unwrap();
    dave.git.ok(dave.git.home(), &["clone", "--quiet", &server.http_remote(&own), "again"]).unwrap();
    stalled.into_iter().for_each(|push| push.talk.abort());
    server.stop().await.unwrap();
}

/// A fetch whose client takes a few bytes and no more.
async fn fetch_unread(app: &App, ctx: &Ctx, repo: RepoPath, want: &[u8]) -> Push {
    let (mut input, theirs) = tokio::io::duplex(1 << 16);
    let (mut output, ours) = tokio::io::duplex(64);
    let (app, ctx) = (app.clone(), ctx.clone());
    let talk = tokio::spawn(async move { git_upload_pack(&app, &ctx, &repo, Version::V2, true, theirs, ours).await });
    input.write_all(want).await.unwrap();
    input.shutdown().await.unwrap();
    let mut first = [0; 16];
    timeout(LONG, output.read_exact(&mut first)).await.unwrap().unwrap();
    Push { input, output, talk }
}

/// Stops the first pack on its way to its final place until it is let go.
#[derive(Clone, Debug, Default)]
struct Gate(Arc<(Mutex<Held>, Condvar)>, Arc<AtomicBool>);

#[derive(Debug, Default, PartialEq, Eq)]
enum Held {
    #[default]
    Nobody,
    One,
    LetGo,
}

impl Gate {
    fn pass(&self, to: &Path) {
        if !self.1.load(Ordering::SeqCst) || to.extension().is_none_or(|e| e != "pack") || !to.to_string_lossy().contains("/packs/") {
            return;
        }
        let mut held = self.0.0.lock().unwrap();
        if *held != Held::Nobody {
            return;
        }
        *held = Held::One;
        while *held == Held::One {
            held = self.0.1.wait(held).unwrap();
        }
    }

    async fn until_held(&self) {
        eventually("a pack stands at the gate", async || *self.0.0.lock().unwrap() == Held::One).await;
    }

    fn let_go(&self) {
        *self.0.0.lock().unwrap() = Held::LetGo;
        self.0.1.notify_all();
    }
}

impl Files for Gate {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        DiskFiles.create_dir(path)
    }
    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        DiskFiles.write_new(path, content)
    }
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.pass(to);
        DiskFiles.hard_link(from, to)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        DiskFiles.rename(from, to)
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        DiskFiles.sync_file(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        DiskFiles.sync_dir(path)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        DiskFiles.remove_file(path)
    }
    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        DiskFiles.remove_tree(path)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_of_which_one_ref_lost_its_race_is_not_closed() {
    let gate = Gate::default();
    let mut options = Options::default();
    options.ports.files = Arc::new(gate.clone());
    let server = TestServer::start_with(options).await.unwrap();
    let (alice, repo, dir) = with_repo(&server, "alice", "tool").await;
    let app = &server.server.app;
    let old = alice.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();
    alice.git.ok(&dir, &["push", "--quiet", "origin", "main:x"]).unwrap();
    let lost = alice.git.commit(&dir, "lost.txt", "what nobody may read\n", "Lost").unwrap();
    let blob = alice.git.ok(&dir, &["rev-parse", "HEAD:lost.txt"]).unwrap();
    alice.git.ok(&dir, &["reset", "--quiet", "--hard", &old]).unwrap();
    let kept = alice.git.commit(&dir, "kept.txt", "kept\n", "Kept").unwrap();
    alice.git.ok(&dir, &["reset", "--quiet", "--hard", &old]).unwrap();
    let other = alice.git.commit(&dir, "other.txt", "other\n", "Other").unwrap();
    gate.1.store(true, Ordering::SeqCst);
    let mut push = Push::begin(app, &ctx(&server, &alice).await, &repo, 1 << 16);
    push.send(&body(&alice, &dir, &[(&old, &lost, "refs/heads/x"), (ZERO, &kept, "refs/heads/y")], &old)).await;
    gate.until_held().await;
    alice.git.ok(&dir, &["push", "--quiet", "origin", &format!("{other}:refs/heads/x")]).unwrap();
    gate.let_go();
    let answer = push.answer().await;
    assert!(answer.contains("ng refs/heads/x") && answer.contains("ok refs/heads/y"), "{answer}");
    let url = server.http_remote(&repo);
    let stolen = alice.git.init("thief").unwrap();
    let refused = alice.git.fails(&stolen, &["fetch", &url, &blob]).unwrap();
    assert!(refused.contains("not our ref"), "{refused}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_first_pushes_the_default_branch_stays_the_default() {
    let gate = Gate::default();
    let mut options = Options::default();
    options.ports.files = Arc::new(gate.clone());
    let server = TestServer::start_with(options).await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "tool", true).await.unwrap();
    let (dir, url) = (alice.git.init("tool").unwrap(), server.http_remote(&repo));
    let first = alice.git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();
    let second = alice.git.commit(&dir, "more.txt", "more\n", "More").unwrap();
    gate.1.store(true, Ordering::SeqCst);
    let mut push = Push::begin(&server.server.app, &ctx(&server, &alice).await, &repo, 1 << 16);
    push.send(&body(&alice, &dir, &[(ZERO, &first, "refs/heads/feature")], "")).await;
    gate.until_held().await;
    alice.git.ok(&dir, &["push", "--quiet", &url, &format!("{second}:refs/heads/main")]).unwrap();
    gate.let_go();
    let answer = push.answer().await;
    assert!(answer.contains("ok refs/heads/feature"), "{answer}");
    assert!(alice.git.ok(&dir, &["ls-remote", "--symref", &url, "HEAD"]).unwrap().contains("refs/heads/main"));
    server.stop().await.unwrap();
}
