use hardie_plugin::mock::{MockCommit, MockPush};
use hardie_plugin::size::Size;
use hardie_plugin::{FileMode, Policy as _, Verdicts};

use crate::{Config, FileLimits, Lock};

fn check(config: &Config, commit: MockCommit) -> Verdicts {
    MockPush::new().commit(commit).check::<FileLimits>(config).unwrap()
}

fn commit() -> MockCommit {
    MockCommit::new("Add files")
}

#[test]
fn a_large_file_is_refused_with_path_size_commit_and_remedy() {
    let verdicts = check(&Config::default(), commit().file_of_size("data/dump.sql", 30 << 20));
    assert_eq!(verdicts.code(0), Some("too-large"));
    let all = verdicts.lines(0).join("\n");
    for text in ["data/dump.sql", "30 MiB", "10 MiB are allowed", "commit 0100000", "git rm --cached"] {
        assert!(all.contains(text), "{text} is missing in {all}");
    }
    assert_eq!(check(&Config::default(), commit().file_of_size("ok", 10 << 20)).code(0), None);
    let unlimited = Config { max_size: Size(0), ..Config::default() };
    assert_eq!(check(&unlimited, commit().file_of_size("any", u64::MAX)).code(0), None);
}

#[test]
fn forbidden_paths_are_refused_also_if_a_later_commit_takes_them_away() {
    let push = MockPush::new().commit(commit().file("home/id_rsa", "secret")).commit(commit().file("x", "y"));
    let verdicts = push.check::<FileLimits>(&Config::default()).unwrap();
    assert_eq!(verdicts.code(0), Some("forbidden-path"));
    assert_eq!(verdicts.lines(0).iter().filter(|line| line.contains("home/id_rsa")).count(), 1, "said once: {:?}", verdicts.lines(0));
}

#[test]
fn allowed_paths_are_left_alone() {
    let config = Config { allow: vec!["fixtures/**".into()], ..Config::default() };
    assert_eq!(check(&config, commit().file("fixtures/id_rsa", "x").file_of_size("fixtures/big", 1 << 40)).code(0), None);
}

#[test]
fn links_and_submodules_are_refused_on_wish() {
    let strict = Config { forbid_symlinks: true, forbid_submodules: true, ..Config::default() };
    let link = || commit().entry("link", FileMode::SYMLINK, "/etc/passwd");
    let submodule = || commit().entry("lib", FileMode::SUBMODULE, "");
    assert_eq!(check(&strict, link()).code(0), Some("symlink"));
    assert_eq!(check(&strict, submodule()).code(0), Some("submodule"));
    assert_eq!(check(&Config::default(), link()).code(0), None);
    assert_eq!(check(&Config::default(), submodule()).code(0), None);
}

#[test]
fn files_that_belong_in_lfs_must_be_pointers() {
    let config = Config { lfs: vec!["*.psd".into()], ..Config::default() };
    let verdicts = check(&config, commit().file("a.psd", "8BPS"));
    assert_eq!(verdicts.code(0), Some("needs-lfs"));
    assert!(verdicts.lines(0)[1].contains("git lfs migrate import --include='*.psd'"), "{:?}", verdicts.lines(0));
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    assert_eq!(check(&config, commit().file("a.psd", pointer)).code(0), None);
}

#[test]
fn deletions_are_none_of_its_business() {
    let push = MockPush::new().commit(commit().file("id_rsa", "x")).deleting();
    assert_eq!(push.check::<FileLimits>(&Config::default()).unwrap().code(0), None);
}

#[test]
fn patterns_that_are_none_are_refused_by_field() {
    let config = Config { forbid: vec!["ok".into(), String::new()], lfs: vec!["x".repeat(300)], ..Config::default() };
    let fields: Vec<String> = FileLimits::validate(&config).unwrap_err().into_iter().map(|error| error.field).collect();
    assert_eq!(fields, ["forbid[1]", "lfs[0]"]);
}

fn locked() -> Config {
    let lock = Lock { paths: vec!["infra/**".into()], users: vec!["Ann".into()], teams: vec!["ops".into()] };
    let teams = serde_json::from_str(r#"{"ops": ["bob"]}"#).unwrap();
    Config { locks: vec![lock], teams, ..Config::default() }
}

#[test]
fn locked_paths_are_changed_by_those_named_alone() {
    let push = |path: &str| MockPush::new().base(commit().file("infra/old", "1")).commit(commit().file(path, "2")).commit("After");
    for (path, actor, rule) in [
        ("infra/a.tf", "ann", None),
        ("infra/a.tf", "bob", None),
        ("infra/a.tf", "eve", Some("locked-path")),
        ("infra/old", "eve", Some("locked-path")),
        ("src/infra.rs", "eve", None),
    ] {
        let verdicts = push(path).by(actor, "admin").check::<FileLimits>(&locked()).unwrap();
        assert_eq!(verdicts.code(0), rule, "{path} by {actor}");
    }
    let all = push("infra/a.tf").by("eve", "write").check::<FileLimits>(&locked()).unwrap().lines(0).join("\n");
    for text in ["infra/a.tf: may be changed by Ann, team ops alone (in commit 0100000)", "have it pushed by one of them"] {
        assert!(all.contains(text), "{text} is missing in {all}");
    }
    let old = MockPush::new().base(commit().file("infra/old", "1")).commit(commit().file("a", "2"));
    assert_eq!(old.by("eve", "write").to("refs/heads/topic").creating().check::<FileLimits>(&locked()).unwrap().code(0), None);
}

#[test]
fn locks_that_nobody_could_mean_are_refused_by_field() {
    let mut config = locked();
    config.locks[0].teams.push("devs".into());
    config.locks.push(Lock::default());
    let fields: Vec<String> = FileLimits::validate(&config).unwrap_err().into_iter().map(|error| error.field).collect();
    assert_eq!(fields, ["locks[0].teams", "locks[1].paths"]);
}

#[test]
fn more_than_is_held_against_the_locks_is_refused_and_not_waved_through() {
    let eve = |push: MockPush| push.by("eve", "write").check::<FileLimits>(&locked()).unwrap().code(0).map(ToOwned::to_owned);
    let many = (0..1501).fold(MockPush::new(), |push, n| push.commit(format!("{n}").as_str()));
    assert_eq!(eve(many).as_deref(), Some("too-many-commits"));
    let wide = (0..10_000).fold(commit(), |commit, n| commit.file(&format!("{n:05}"), ""));
    assert_eq!(eve(MockPush::new().commit(wide)).as_deref(), Some("too-many-commits"));
}

#[test]
fn one_large_file_on_two_branches_at_once_is_refused_on_both_and_on_no_other() {
    let large = |name: &str| commit().file_of_size(name, 30 << 20);
    let push = MockPush::new().commit(large("a")).and_to("refs/heads/two").commit(large("b")).and_to("refs/heads/c").commit(commit());
    let verdicts = push.check::<FileLimits>(&Config::default()).unwrap();
    assert_eq!([0, 1, 2].map(|update| verdicts.code(update)), [Some("too-large"), Some("too-large"), None]);
}

#[test]
fn a_branch_is_not_taken_because_another_one_used_the_search_up() {
    let many = (0..120).fold(commit(), |commit, n| commit.file_of_size(&format!("{n}"), (30 << 20) + n));
    let push = MockPush::new().commit(commit().file_of_size("z", 40 << 20)).and_to("refs/heads/two").commit(many);
    let verdicts = push.check::<FileLimits>(&Config::default()).unwrap();
    assert_eq!([0, 1].map(|update| verdicts.code(update)), [Some("too-many-violations"), Some("too-large")]);
    let many = (0..120).fold(commit(), |commit, n| commit.file(&format!("infra/{n:03}"), format!("{n}")));
    let push = MockPush::new().commit(many).and_to("refs/heads/two").commit(commit().file("infra/x", "x")).by("eve", "write");
    let verdicts = push.check::<FileLimits>(&locked()).unwrap();
    assert_eq!([0, 1].map(|update| verdicts.code(update)), [Some("locked-path"), Some("too-many-commits")]);
}

#[test]
fn what_is_allowed_at_one_path_is_not_at_another() {
    let config = Config { allow: vec!["big/**".into()], ..Config::default() };
    let push = MockPush::new().commit(commit().file_of_size("src/a", 30 << 20)).commit(commit().file_of_size("big/a", 30 << 20));
    let verdicts = push.check::<FileLimits>(&config).unwrap();
    assert!(verdicts.code(0) == Some("too-large") && verdicts.lines(0)[0].starts_with("src/a"), "{:?}", verdicts.lines(0));
}

#[test]
fn a_merge_that_takes_a_locked_path_back_to_what_it_was_is_a_change() {
    let base = || MockPush::new().base(commit().file("infra/a", "old")).base(commit().file("infra/a", "new")).by("eve", "write");
    let code = |push: MockPush| push.check::<FileLimits>(&locked()).unwrap().code(0).map(ToOwned::to_owned);
    assert_eq!(code(base().commit(commit().file("infra/a", "old").merging(0))).as_deref(), Some("locked-path"));
    assert_eq!(code(base().commit(commit().file("x", "y").merging(0))), None);
    let ordinary = MockPush::new().base(commit().file("x", "1")).commit(commit().file("infra/a", "theirs")).commit(commit());
    assert_eq!(code(ordinary.by("ann", "write")), None);
}
