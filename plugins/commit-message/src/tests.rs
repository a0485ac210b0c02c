use hardie_plugin::mock::{MockCommit, MockPush};
use hardie_plugin::{Policy as _, Verdicts};

use crate::{Case, CommitMessage, Config};

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
    let branches = MockPush::new().commit("a").commit("b").and_to("refs/heads/two").commit("c");
    let verdicts = branches.check::<CommitMessage>(&config).unwrap();
    assert_eq!([0, 1].map(|update| verdicts.code(update)), [None, Some("too-many-commits")], "together");
}

#[test]
fn branches_are_chosen_by_their_whole_names() {
    let config = Config { branches: vec!["main".into(), "team/".into()], ..Config::default() };
    let verdict = |name: &str| MockPush::new().commit("WIP").to(name).check::<CommitMessage>(&config).unwrap().code(0).is_some();
    assert!(verdict("refs/heads/main") && verdict("refs/heads/team/a/b") && !verdict("refs/heads/topic/main"));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_field() {
    let errors = |config: Config| CommitMessage::validate(&config).unwrap_err().into_iter().map(|e| e.field).collect::<Vec<_>>();
    assert_eq!(errors(Config { require_pattern: "(".into(), ..Config::default() }), ["require-pattern"]);
    assert_eq!(errors(Config { conventional: true, types: Vec::new(), ..Config::default() }), ["types"]);
    assert_eq!(errors(Config { max_commits: 5000, ..Config::default() }), ["max-commits"]);
    assert!(CommitMessage::validate(&Config::default()).is_ok());
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn scopes_and_breaking_changes_are_held_to_what_is_set() {
    let config = Config {
        conventional: true,
        scopes: strings(&["api", "web ui"]),
        require_scope: true,
        explain_breaking: true,
        ..Config::default()
    };
    for fine in ["feat(api): x", "fix(web ui): x", "feat(api)!: x\n\nBREAKING CHANGE: the old form is gone\n"] {
        assert_eq!(code(&config, fine), None, "{fine}");
    }
    for (bad, rule) in [
        ("feat: x", "scope-missing"),
        ("feat(db): x", "unknown-scope"),
        ("feat(api)!: x", "breaking-unexplained"),
        ("feat(api)!: x\n\nBREAKING CHANGE: \n", "breaking-unexplained"),
        ("feature(api): x", "not-conventional"),
    ] {
        assert_eq!(code(&config, bad).as_deref(), Some(rule), "{bad}");
    }
}

#[test]
fn subjects_begin_and_end_as_is_set() {
    let config = Config { conventional: true, subject_case: Case::Lower, forbid_full_stop: true, ..Config::default() };
    for (message, rule) in [
        ("feat: add it", None),
        ("feat: 3 of them", None),
        ("feat: and so on...", None),
        ("feat: Add it", Some("subject-case")),
        ("feat: add it.", Some("full-stop")),
    ] {
        assert_eq!(code(&config, message).as_deref(), rule, "{message}");
    }
    let upper = Config { subject_case: Case::Upper, ..Config::default() };
    assert_eq!((code(&upper, "Äpfel"), code(&upper, "äpfel").as_deref()), (None, Some("subject-case")));
}

#[test]
fn an_issue_must_be_named_on_wish() {
    let config = Config { issue_keys: strings(&["ABC", "#"]), ..Config::default() };
    assert_eq!((code(&config, "Do it\n\nFixes ABC-12"), code(&config, "Do it (#7)")), (None, None));
    assert_eq!(code(&config, "Do it").as_deref(), Some("issue-missing"));
    assert!(check(&config, "Do it").lines(0).join("\n").contains("such as ABC-123 or #123"));
}

#[test]
fn a_sign_off_must_be_the_author_s_own_on_wish() {
    let config = Config { sign_off_by_author: true, ..Config::default() };
    let signed = |line: &str| {
        let commit = MockCommit::new(format!("Do it\n\n{line}\n")).author("Ann Author", "ann@example.org");
        MockPush::new().commit(commit).check::<CommitMessage>(&config).unwrap().code(0).map(ToOwned::to_owned)
    };
    assert_eq!(signed("Signed-off-by: Ann Author <Ann@example.org>"), None);
    assert_eq!(signed("Signed-off-by: Bob <bob@example.org>\nSigned-off-by: Ann Author <ann@example.org>"), None);
    assert_eq!(signed("Signed-off-by: Bob <bob@example.org>").as_deref(), Some("sign-off-not-the-author"));
    assert_eq!(signed("Signed-off-by: Somebody <ann@example.org>").as_deref(), Some("sign-off-not-the-author"));
    assert_eq!(signed("").as_deref(), Some("sign-off-missing"));
}

#[test]
fn bots_and_reverts_are_left_alone_on_wish() {
    let revert =
        "Revert \"WIP: a subject that was too long already and is now longer still, as git makes it\"\n\nThis reverts commit 0123.\n";
    assert!(code(&Config::default(), revert).is_some());
    assert_eq!(code(&Config { skip_reverts: true, ..Config::default() }, revert), None);
    assert!(code(&Config { skip_reverts: true, ..Config::default() }, "WIP").is_some());
    let bots = Config { exempt_authors: strings(&["*-bot@example.org"]), ..Config::default() };
    let by = |email: &str| {
        MockPush::new().commit(MockCommit::new("WIP").author("X", email)).check::<CommitMessage>(&bots).unwrap().code(0).is_some()
    };
    assert!(!by("update-bot@example.org") && by("ann@example.org"));
    let users = Config { exempt_users: strings(&["Robot"]), ..Config::default() };
    let from = |user: &str| MockPush::new().commit("WIP").by(user, "write").check::<CommitMessage>(&users).unwrap().code(0).is_some();
    assert!(!from("robot") && from("ann"));
}

#[test]
fn new_settings_that_make_no_sense_are_refused_by_field() {
    let config = Config {
        scopes: strings(&["(x)"]),
        require_scope: true,
        issue_keys: strings(&["A-B"]),
        exempt_authors: strings(&[""]),
        ..Config::default()
    };
    let fields: Vec<String> = CommitMessage::validate(&config).unwrap_err().into_iter().map(|error| error.field).collect();
    assert_eq!(fields, ["scopes", "scopes", "require-scope", "issue-keys", "exempt-authors[0]"]);
}
