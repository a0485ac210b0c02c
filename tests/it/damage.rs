//! Damage to a pack that two repositories share: both say so in words, a third one and what is whole notice nothing, and nothing is
//! made from it or removed until it is repaired.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hardie_app::upkeep::{self, How};
use hardie_app::verify::verify;
use hardie_domain::ids::RepoId;
use hardie_domain::page::Page;
use hardie_git::packs::PackHash;
use hardie_store::audit::AuditFilter;
use hardie_testkit::postgres::Database;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser};

use crate::api::Asker;
use crate::git::with_repo;
use crate::support::eventually;

const TOLD: &str = "of this repository is damaged; its administrators have been told";

/// What is done to the file, of which the bytes and the place of one blob are given; which file it is.
type Attack = (&'static str, &'static str, fn(&mut Option<Vec<u8>>, usize));

const ATTACKS: [Attack; 6] = [
    ("a flipped byte", "pack", |file, at| file.as_mut().unwrap()[at + 4] ^= 0x20),
    ("a file that was cut off", "pack", |file, _| file.as_mut().unwrap().truncate(60)),
    ("a missing file", "pack", |file, _| *file = None),
    ("a missing index", "idx", |file, _| *file = None),
    ("an index that lies", "idx", |file, _| {
        let bytes = file.as_mut().unwrap();
        let middle = bytes.len() - 60;
        bytes[middle] ^= 1;
    }),
    ("an empty index", "idx", |file, _| file.as_mut().unwrap().clear()),
];

struct Stage {
    alice: TestUser,
    dir: PathBuf,
    blob: String,
    pack: String,
    at: usize,
    database: Option<Database>,
}

impl Stage {
    fn options(&self) -> Options {
        Options { database: self.database.as_ref().map(|d| d.url().to_owned()), ..Options::default() }
    }

    fn file(&self, data: &Path, extension: &str) -> PathBuf {
        data.join("packs").join(&self.pack[..2]).join(&self.pack).with_extension(extension)
    }
}

async fn id_of(server: &TestServer, name: &str) -> RepoId {
    server.server.app.store.find_repo_by_path("alice", name).await.unwrap().unwrap().repo.id
}

async fn packs_of(server: &TestServer, name: &str) -> BTreeSet<[u8; 32]> {
    let packs = server.server.app.store.list_repo_packs(id_of(server, name).await).await.unwrap();
    packs.into_iter().map(|pack| pack.hash).collect()
}

/// `hurt` and `twin` share a pack, `hurt` has a second branch that needs none of it, `well` is apart.
async fn stage(database: Option<Database>) -> (Arc<tempfile::TempDir>, Stage) {
    let options = Options { database: database.as_ref().map(|d| d.url().to_owned()), ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let (alice, hurt, dir) = with_repo(&server, "alice", "hurt").await;
    let git = &alice.git;
    let twin = server.repo(&alice, "twin", true).await.unwrap();
    git.ok(&dir, &["push", "--quiet", &server.http_remote(&twin), "main"]).unwrap();
    let [shared] = packs_of(&server, "hurt").await.into_iter().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(packs_of(&server, "twin").await, BTreeSet::from([shared]));
    git.ok(&dir, &["switch", "--quiet", "--orphan", "apart"]).unwrap();
    git.commit(&dir, "apart.txt", "apart\n", "Apart").unwrap();
    git.ok(&dir, &["push", "--quiet", &server.http_remote(&hurt), "apart"]).unwrap();
    let well = server.repo(&alice, "well", true).await.unwrap();
    git.ok(&dir, &["push", "--quiet", &server.http_remote(&well), "apart:main"]).unwrap();
    git.ok(&dir, &["switch", "--quiet", "main"]).unwrap();
    let file = git.ok(&dir, &["ls-tree", "-r", "--name-only", "main"]).unwrap().lines().next().unwrap().to_owned();
    let blob = git.ok(&dir, &["rev-parse", &format!("main:{file}")]).unwrap();
    let data = server.stop().await.unwrap();
    let mut stage = Stage { alice, dir, blob, pack: PackHash(shared).to_string(), at: 0, database };
    let index = stage.file(data.path(), "idx");
    let listed = stage.alice.git.ok(data.path(), &["verify-pack", "-v", index.to_str().unwrap()]).unwrap();
    let line = listed.lines().find(|line| line.starts_with(&stage.blob)).unwrap();
    stage.at = line.split_whitespace().nth(4).unwrap().parse().unwrap();
    (data, stage)
}

/// Everything that people do, of a server that meets the damage by itself.
async fn met(server: &TestServer, stage: &Stage, round: &str) {
    let (app, git, dir) = (&server.server.app, &stage.alice.git, &stage.dir);
    let url = |repo: &str| server.http_remote(&format!("alice/{repo}"));
    let asker = Asker::new(server, Some(&stage.alice));
    for try_again in ["first", "second"] {
        let refused = git.fails(git.home(), &["clone", "--quiet", &url("hurt"), "never"]).unwrap();
        assert!(refused.contains(TOLD), "{round}, {try_again}: {refused}");
    }
    let refused = git.fails(git.home(), &["clone", "--quiet", "--depth=1", &server.ssh_remote("alice/twin"), "never"]).unwrap();
    assert!(refused.contains(TOLD), "{round}: {refused}");
    git.ok(git.home(), &["clone", "--quiet", &url("well"), &format!("well-{round}")]).unwrap();
    git.ok(git.home(), &["clone", "--quiet", "--single-branch", "--branch=apart", &url("hurt"), &format!("apart-{round}")]).unwrap();
    let raw = |repo: &str, id: &str| asker.get(&format!("/repos/alice/{repo}/git/blobs/{id}"));
    let page = raw("hurt", &stage.blob);
    assert!(page.status == 503 && page.text().contains("damaged"), "{round}: {} {}", page.status, page.text());
    assert_eq!(raw("hurt", &git.ok(dir, &["rev-parse", "apart:apart.txt"]).unwrap()).status, 200);
    let archive = asker.send("GET", "/api/v1/repos/alice/hurt/archive/apart.tar.gz", &[], b"");
    assert!(archive.status == 503, "{}", archive.status);
    // Built upon what is whole.
    git.ok(dir, &["switch", "--quiet", "apart"]).unwrap();
    git.commit(dir, "apart.txt", round, "More").unwrap();
    git.ok(dir, &["push", "--quiet", &url("hurt"), "apart"]).unwrap();
    // And upon what is not: the damaged file under another name.
    git.ok(dir, &["switch", "--quiet", "-C", "upon", "main"]).unwrap();
    git.ok(dir, &["update-index", "--add", "--cacheinfo", &format!("100644,{},copied.txt", stage.blob)]).unwrap();
    git.ok(dir, &["commit", "--quiet", "-m", "Upon"]).unwrap();
    let refused = git.fails(dir, &["push", "--quiet", &url("hurt"), "upon"]).unwrap();
    assert!(refused.contains(TOLD) || refused.contains("a part of this repository is damaged"), "{round}: {refused}");
    git.ok(dir, &["reset", "--quiet", "--hard"]).unwrap();
    git.ok(dir, &["switch", "--quiet", "main"]).unwrap();
    let before = packs_of(server, "hurt").await;
    for how in [How::ByNeed, How::Thorough, How::AtOnce] {
        let refused = upkeep::collect_one(app, "alice/hurt", how).await.unwrap_err().to_string();
        assert!(refused.contains("damaged"), "{refused}");
    }
    upkeep::fold_packs(app).await.unwrap();
    upkeep::keep_bitmaps(app).await.unwrap();
    upkeep::collect_one(app, "alice/well", How::Thorough).await.unwrap();
    assert_eq!(packs_of(server, "hurt").await, before);
    marked(server, stage).await;
}

/// Both repositories and no other, on this server as on every other.
async fn marked(server: &TestServer, stage: &Stage) {
    let (store, asker) = (&server.server.app.store, Asker::new(server, Some(&stage.alice)));
    for (name, is_damaged) in [("hurt", true), ("twin", true), ("well", false)] {
        assert_eq!(store.is_repo_damaged(id_of(server, name).await).await.unwrap(), is_damaged, "{name}");
    }
    for name in ["hurt", "twin"] {
        let filter = AuditFilter { repo: Some(id_of(server, name).await), ..AuditFilter::default() };
        let told = store.list_audit(&filter, Page::new(None, None)).await.unwrap().items;
        assert!(told.iter().any(|row| row.action == "repository.damage" && row.detail.contains(&stage.pack)), "{told:?}");
    }
    let metrics = asker.send("GET", "/metrics", &[], b"").text();
    assert!(metrics.contains("hardie_damaged_packs 1\n"), "{metrics}");
    assert_eq!(asker.send("GET", "/readyz", &[], b"").status, 200);
}

/// Both named, with pack and, where bytes are left to compare, object.
async fn verified(server: &TestServer, stage: &Stage, round: &str) {
    let faults = verify(&server.server.app).await.unwrap().faults;
    let named: BTreeSet<&str> = faults.iter().map(|fault| fault.repo.as_str()).collect();
    assert_eq!(named, BTreeSet::from(["alice/hurt", "alice/twin"]), "{round}: {faults:?}");
    assert!(faults.iter().all(|fault| fault.pack.is_some_and(|pack| pack.to_string() == stage.pack)), "{round}: {faults:?}");
    assert!(faults.iter().any(|fault| fault.object.is_some()), "{round}: {faults:?}");
    if round == ATTACKS[0].0 {
        assert!(faults.iter().all(|fault| fault.object.is_some_and(|id| id.to_string() == stage.blob)), "{faults:?}");
    }
}

async fn attacks(database: Option<Database>, attacks: &[Attack], verify_first: bool) {
    let (data, stage) = stage(database).await;
    let git = &stage.alice.git;
    for (round, extension, attack) in attacks {
        let path = stage.file(data.path(), extension);
        let good = std::fs::read(&path).unwrap();
        let mut bytes = Some(good.clone());
        attack(&mut bytes, stage.at);
        std::fs::remove_file(&path).unwrap();
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let server = TestServer::start_in(data.clone(), stage.options()).await.unwrap();
        if verify_first {
            verified(&server, &stage, round).await;
            marked(&server, &stage).await;
        }
        met(&server, &stage, round).await;
        verified(&server, &stage, round).await;
        server.stop().await.unwrap();
        // The mark outlives the process.
        let server = TestServer::start_in(data.clone(), stage.options()).await.unwrap();
        marked(&server, &stage).await;
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, &good).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).unwrap();
        let found = verify(&server.server.app).await.unwrap();
        assert_eq!(found.faults, [], "{round}");
        assert_eq!(server.server.app.store.count_damaged_packs().await.unwrap(), 0);
        for repo in ["hurt", "twin"] {
            let clone = format!("{repo}-{round}");
            git.ok(git.home(), &["clone", "--quiet", &server.http_remote(&format!("alice/{repo}")), &clone]).unwrap();
            git.ok(&git.path(&clone), &["fsck", "--strict"]).unwrap();
            upkeep::collect_one(&server.server.app, &format!("alice/{repo}"), How::Thorough).await.unwrap();
        }
        server.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_pack_is_told_of_in_both_repositories_and_no_other_notices() {
    attacks(None, &ATTACKS[..3], false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_told_of_in_both_repositories_and_no_other_notices() {
    attacks(None, &ATTACKS[3..], false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_what_verify_found_is_fenced_off_before_anybody_meets_it() {
    attacks(Some(Database::new().unwrap()), &[ATTACKS[0], ATTACKS[2]], true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_takes_a_repaired_file_and_a_push_of_the_same_bytes_repairs() {
    let (data, stage) = stage(None).await;
    let git = &stage.alice.git;
    let path = stage.file(data.path(), "pack");
    let good = std::fs::read(&path).unwrap();
    let mut bytes = good.clone();
    bytes[stage.at + 4] ^= 0x20;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    let server = TestServer::start_in(data.clone(), stage.options()).await.unwrap();
    let app = &server.server.app;
    let clone = |name: &str| git.run(git.home(), &["clone", "--quiet", &server.http_remote("alice/hurt"), name]).unwrap().ok;
    assert!(!clone("damaged"));
    assert_eq!(app.store.count_damaged_packs().await.unwrap(), 1);
    // Whoever brings the object once more gives everybody a whole copy.
    git.ok(&stage.dir, &["switch", "--quiet", "-c", "again", "apart"]).unwrap();
    git.ok(&stage.dir, &["update-index", "--add", "--cacheinfo", &format!("100644,{},copied.txt", stage.blob)]).unwrap();
    git.ok(&stage.dir, &["commit", "--quiet", "-m", "Once more"]).unwrap();
    git.ok(&stage.dir, &["push", "--quiet", &server.http_remote("alice/hurt"), "again"]).unwrap();
    assert!(clone("whole elsewhere"));
    assert_eq!(app.store.count_damaged_packs().await.unwrap(), 1, "the pack is as it was");
    // Put back under the feet of the server, which has the old file open.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &good).unwrap();
    assert_eq!(verify(app).await.unwrap().faults, []);
    assert!(clone("repaired"));
    assert_eq!(app.store.count_damaged_packs().await.unwrap(), 0, "no old map was believed");
    // Damaged while the server has it open and nobody reads it; then the same bytes come once more, for another repository.
    let third = server.repo(&stage.alice, "third", true).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    git.ok(&stage.dir, &["push", "--quiet", &server.http_remote(&third), "main"]).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), good, "what was acknowledged is what was pushed");
    assert_eq!(verify(app).await.unwrap().faults, []);
    assert!(clone("again"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowded_repository_is_folded_once_its_damage_is_repaired() {
    let (data, stage) = stage(None).await;
    let (git, dir) = (&stage.alice.git, &stage.dir);
    let path = stage.file(data.path(), "pack");
    let good = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let server = TestServer::start_in(data.clone(), stage.options()).await.unwrap();
    let (app, url) = (&server.server.app, server.http_remote("alice/hurt"));
    verified(&server, &stage, "gone").await;
    git.ok(dir, &["switch", "--quiet", "apart"]).unwrap();
    for n in 0..44 {
        git.commit(dir, "count.txt", &format!("{n}\n"), "Count").unwrap();
        git.ok(dir, &["push", "--quiet", &url, "apart"]).unwrap();
    }
    assert_eq!(upkeep::fold_packs(app).await.unwrap(), 0);
    assert_eq!(packs_of(&server, "hurt").await.len(), 46);
    std::fs::write(&path, &good).unwrap();
    assert_eq!(verify(app).await.unwrap().faults, []);
    // The server's own round may come first.
    upkeep::fold_packs(app).await.unwrap();
    eventually("the packs are folded", async || packs_of(&server, "hurt").await.len() < 10).await;
    git.ok(git.home(), &["clone", "--quiet", "--mirror", &url, "folded"]).unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn collection_that_meets_damage_removes_nothing_and_has_it_named() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let (repo, dir) = (server.repo(&alice, "tool", true).await.unwrap(), alice.git.init("tool").unwrap());
    let (git, url) = (&alice.git, server.http_remote(&repo));
    // In one pack with what is to be removed, so that all of it is written anew.
    git.ok(&dir, &["switch", "--quiet", "-c", "secret"]).unwrap();
    git.commit(&dir, "secret.txt", "secret\n", "Secret").unwrap();
    git.ok(&dir, &["push", "--quiet", &url, "main", "secret"]).unwrap();
    git.ok(&dir, &["push", "--quiet", &url, ":secret"]).unwrap();
    let data = server.stop().await.unwrap();
    let server = TestServer::start_in(data.clone(), Options::default()).await.unwrap();
    let app = &server.server.app;
    let before = packs_of(&server, "tool").await;
    let [hash] = before.iter().copied().collect::<Vec<_>>().try_into().unwrap();
    let path = data.path().join("packs").join(&PackHash(hash).to_string()[..2]).join(PackHash(hash).to_string()).with_extension("pack");
    let index = path.with_extension("idx");
    let listed = git.ok(data.path(), &["verify-pack", "-v", index.to_str().unwrap()]).unwrap();
    // A file of the branch that stays: walks look it up and do not read it.
    let file = git.ok(&dir, &["ls-tree", "-r", "main"]).unwrap().split_whitespace().nth(2).unwrap().to_owned();
    let line = listed.lines().find(|line| line.starts_with(&file)).unwrap();
    let at: usize = line.split_whitespace().nth(4).unwrap().parse().unwrap();
    let good = std::fs::read(&path).unwrap();
    let mut bytes = good.clone();
    bytes[at + 4] ^= 0x20;
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &bytes).unwrap();
    upkeep::collect_one(app, "alice/tool", How::AtOnce).await.unwrap_err();
    assert_eq!(packs_of(&server, "tool").await, before);
    // The worker may have begun to look before.
    hardie_app::damage::look_closer(app).await.unwrap();
    let id = id_of(&server, "tool").await;
    eventually("the damage is named", async || app.store.is_repo_damaged(id).await.unwrap()).await;
    let refused = upkeep::collect_one(app, "alice/tool", How::AtOnce).await.unwrap_err().to_string();
    assert!(refused.contains("damaged"), "{refused}");
    let refused = git.fails(git.home(), &["clone", "--quiet", &server.http_remote(&repo), "never"]).unwrap();
    assert!(refused.contains(&file) && refused.contains(TOLD), "{file}: {refused}");
    std::fs::write(&path, &good).unwrap();
    assert_eq!(verify(app).await.unwrap().faults, []);
    assert!(upkeep::collect_one(app, "alice/tool", How::AtOnce).await.unwrap().removed > 0);
    git.ok(git.home(), &["clone", "--quiet", &server.http_remote(&repo), "cloned"]).unwrap();
    server.stop().await.unwrap();
}
