use hardie_plugin::mock::{MockCommit, MockPush};
use hardie_plugin::{Policy as _, Verdicts};

use crate::{CodeOwners, Config};

const FILE: &str =
    "*.rs @bob\n/infra/ @org/ops\n/docs/ carl@example.org\n/open/\n/open/bob @bob @ann\n[Database]\n*.sql @dora\n^[Style]\n*.css @eve\n";

fn repository() -> MockPush {
    MockPush::new().base(MockCommit::new("Base").file("CODEOWNERS", FILE).file("a.rs", "1"))
}

fn config(json: &str) -> Config {
    serde_json::from_str(json).unwrap()
}

fn check(config: &Config, push: &MockPush) -> Verdicts {
    push.check::<CodeOwners>(config).unwrap()
}

fn code(push: &MockPush) -> Option<String> {
    check(&config(r#"{"teams": {"org/ops": ["fred"]}, "emails": {"carl@example.org": "carl"}}"#), push).code(0).map(ToOwned::to_owned)
}

fn changing(path: &str) -> MockPush {
    repository().commit(MockCommit::new("Change").file(path, "2"))
}

#[test]
fn owners_pass_and_others_do_not() {
    for (path, owner) in [("a.rs", "bob"), ("infra/x", "fred"), ("docs/x", "Carl"), ("open/bob/x", "ann"), ("x.sql", "dora")] {
        assert_eq!(code(&changing(path).by(owner, "write")), None, "{path} by {owner}");
        assert_eq!(code(&changing(path).by("mallory", "write")).as_deref(), Some("not-the-owner"), "{path}");
        assert_eq!(code(&changing(path).by("mallory", "admin")).as_deref(), Some("not-the-owner"), "{path}");
    }
    for free in ["README", "open/x.rs", "x.css"] {
        assert_eq!(code(&changing(free).by("mallory", "write")), None, "{free}");
    }
}

#[test]
fn all_that_belongs_to_others_is_said_at_once_with_owners_and_the_way_out() {
    let commit = (0..8).fold(MockCommit::new("Change"), |commit, n| commit.file(&format!("infra/{n}"), "x"));
    let verdicts = check(&Config::default(), &repository().commit(commit.file("a.rs", "2").file("x.sql", "y")));
    let all = verdicts.lines(0).join("\n");
    for text in [
        "CODEOWNERS in 0100000",
        "push to another branch",
        "a.rs belongs to @bob",
        "infra/0, infra/1, infra/2, infra/3, infra/4 and 3 more belong to @org/ops",
        "x.sql belongs to @dora [Database]",
    ] {
        assert!(all.contains(text), "{text} is missing in {all}");
    }
}

#[test]
fn nobody_makes_himself_an_owner_with_the_same_push() {
    let push =
        repository().commit(MockCommit::new("Mine").file("CODEOWNERS", "* @mallory\n")).commit(MockCommit::new("Change").file("a.rs", "2"));
    assert!(code(&push.by("mallory", "write")).is_some());
}

#[test]
fn an_address_that_nobody_knows_is_no_owner_and_that_is_said() {
    let verdicts = check(&Config::default(), &changing("docs/x").by("mallory", "write"));
    assert_eq!(verdicts.code(0), None);
    assert!(verdicts.warnings(0)[0].contains("carl@example.org does not count"), "{:?}", verdicts.warnings(0));
}

#[test]
fn other_branches_are_free_and_chosen_ones_are_not() {
    let topic = changing("a.rs").to("refs/heads/topic");
    assert_eq!(check(&Config::default(), &topic).code(0), None);
    let release = config(r#"{"branches": ["release/*"]}"#);
    assert_eq!(check(&release, &changing("a.rs")).code(0), None);
    assert!(check(&release, &changing("a.rs").to("refs/heads/release/1")).code(0).is_some());
    assert!(check(&release, &changing("a.rs").to("refs/heads/release/1").creating()).code(0).is_some());
    assert_eq!(check(&release, &repository().to("refs/heads/release/1").creating()).code(0), None, "a branch at an old commit");
    assert_eq!(check(&release, &changing("a.rs").to("refs/tags/release/1")).code(0), None);
}

#[test]
fn a_repository_without_the_file_and_a_first_push_are_free() {
    assert_eq!(code(&MockPush::new().commit(MockCommit::new("First").file("CODEOWNERS", "* @bob").file("a.rs", "1"))), None);
    assert_eq!(
        code(&MockPush::new().base(MockCommit::new("Base").file("a.rs", "1")).commit(MockCommit::new("Two").file("a.rs", "2"))),
        None
    );
}

#[test]
fn the_first_place_that_has_the_file_counts() {
    let base = MockCommit::new("Base").file(".hardie/CODEOWNERS", "* @ann").file("docs/CODEOWNERS", "* @bob");
    let push = MockPush::new().base(base).commit(MockCommit::new("Change").file("x", "1"));
    assert_eq!((code(&push), code(&push.clone().by("bob", "write")).is_some()), (None, true));
}

#[test]
fn administrators_pass_on_wish_and_roles_are_owners_too() {
    let lenient = config(r#"{"admins-pass": true}"#);
    assert_eq!(check(&lenient, &changing("a.rs").by("mallory", "admin")).code(0), None);
    assert!(check(&lenient, &changing("a.rs").by("mallory", "write")).code(0).is_some());
    let roles =
        MockPush::new().base(MockCommit::new("B").file("CODEOWNERS", "* @@maintainers")).commit(MockCommit::new("C").file("x", "1"));
    assert_eq!((code(&roles.clone().by("x", "admin")), code(&roles.by("x", "write")).is_some()), (None, true));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_field() {
    let bad = config(r#"{"branches": ["refs/heads/main"], "files": [], "teams": {"": []}}"#);
    let fields: Vec<String> = CodeOwners::validate(&bad).unwrap_err().into_iter().map(|error| error.field).collect();
    assert_eq!(fields, ["teams", "branches[0]", "files"]);
    assert!(CodeOwners::validate(&Config::default()).is_ok());
}
