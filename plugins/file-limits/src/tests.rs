use hardie_plugin::mock::{MockCommit, MockPush};
use hardie_plugin::size::Size;
use hardie_plugin::{FileMode, Policy as _, Verdicts};

use crate::{Config, FileLimits};

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
    assert_eq!(check(&config, commit().file("a.psd", "8BPS")).code(0), Some("needs-lfs"));
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
