use hardie_plugin::mock::{MockCommit, MockPush};
use hardie_plugin::{Policy as _, Verdicts};

use crate::{CommitMessage, Config};

fn check(config: &Config, message: &str) -> Verdicts {
    MockPush::new().commit(message).check::<CommitMessage>(config).unwrap()
}

fn code(config: &Config, message: &str) -> Option<String> {
    check(config, message).code(0).map(ToOwned::to_owned)
}

#[test]
fn a_good_message_is_accepted() {
    let message = "Sharpen the chisel\n\nIt was blunt.\n\nSee https://example.org/a/very/long/link/that/goes/on/and/on/and/on/and/on/and/on/and/on/and/on\n";
    assert_eq!(code(&Config::default(), message), None);
}

#[test]
fn each_default_rule_refuses_what_it_is_for() {
    let config = Config::default();
    for (message, rule) in [
        ("", "subject-empty"),
        ("WIP: half", "work-in-progress"),
        ("[wip] half", "work-in-progress"),
        ("Draft of it", "work-in-progress"),
        ("fixup! Sharpen", "fixup"),
        ("Squash! x", "fixup"),
        (&"x".repeat(73), "subject-too-long"),
        ("one\ntwo", "second-line-not-blank"),
        (&format!("one\n\n{}", "word ".repeat(30)), "body-too-wide"),
    ] {
        assert_eq!(code(&config, message).as_deref(), Some(rule), "{message}");
    }
    for fine in ["Wipe the bench", "Drafting table added", "Fix up the fence", &"ü".repeat(72)] {
        assert_eq!(code(&config, fine), None, "{fine}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once_with_commit_and_remedy() {
    let config = Config {
        sign_off: true,
        require_pattern: "[A-Z]+-[0-9]+".into(),
        pattern_hint: "a ticket, such as ABC-123".into(),
        ..Config::default()
    };
    let lines = check(&config, &"y".repeat(80)).lines(0);
    let all = lines.join("\n");
    for text in ["80 characters, 72 are allowed", "a ticket, such as ABC-123", "Signed-off-by", "git commit --amend", "commit 0100000"] {
        assert!(all.contains(text), "{text} is missing in {all}");
    }
    assert_eq!(code(&config, "ABC-1 Do it\n\nSigned-off-by: Ann <ann@example.org>\n"), None);
    assert_eq!(code(&config, "ABC-1 Do it\n\nSigned-off-by: nobody\n").as_deref(), Some("sign-off-missing"));
}

#[test]
fn conventional_commits_are_held_to_their_form() {
    let config = Config { conventional: true, ..Config::default() };
    for fine in ["feat: x", "fix(parser): x", "refactor!: x", "feat(api)!: x"] {
        assert_eq!(code(&config, fine), None, "{fine}");
    }
    for bad in ["Feature x", "feat:x", "feature: x", "feat(): x", "feat(api: x", "feat:  "] {
        assert_eq!(code(&config, bad).as_deref(), Some("not-conventional"), "{bad}");
    }
}

#[test]
fn merges_tags_deletions_and_other_branches_are_left_alone() {
    let config = Config { branches: vec!["main".into(), "release/*".into()], ..Config::default() };
    let bad = || MockPush::new().commit("WIP");
    let verdict = |push: MockPush| push.check::<CommitMessage>(&config).unwrap().code(0).is_some();
    assert!(verdict(bad()) && verdict(bad().to("refs/heads/release/1")));
    assert!(!verdict(bad().to("refs/heads/topic")) && !verdict(bad().to("refs/tags/v1")) && !verdict(bad().deleting()));
    assert!(!verdict(MockPush::new().commit(MockCommit::new("WIP").parents(2))));
}

#[test]
fn more_commits_than_are_checked_are_refused_and_not_waved_through() {
    let config = Config { max_commits: 2, ..Config::default() };
    let push = MockPush::new().commit("a").commit("b").commit("c");
    let verdicts = push.check::<CommitMessage>(&config).unwrap();
    assert_eq!(verdicts.code(0), Some("too-many-commits"));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_field() {
    let errors = |config: Config| CommitMessage::validate(&config).unwrap_err().into_iter().map(|e| e.field).collect::<Vec<_>>();
    assert_eq!(errors(Config { require_pattern: "(".into(), ..Config::default() }), ["require-pattern"]);
    assert_eq!(errors(Config { conventional: true, types: Vec::new(), ..Config::default() }), ["types"]);
    assert_eq!(errors(Config { max_commits: 5000, ..Config::default() }), ["max-commits"]);
    assert!(CommitMessage::validate(&Config::default()).is_ok());
}
