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
        "@bob owns: a.rs",
        "@org/ops owns: infra/0, infra/1, infra/2, infra/3, infra/4 and 3 more",
        "@dora [Database] owns: x.sql",
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

#[test]
fn a_file_in_front_of_the_one_that_counts_belongs_to_who_owns_that_one() {
    let owned = MockPush::new().base(MockCommit::new("Base").file("CODEOWNERS", "/CODEOWNERS @bob\n*.rs @carl\n"));
    let take = |push: &MockPush| push.clone().commit(MockCommit::new("Take").file(".hardie/CODEOWNERS", "* @mallory\n"));
    assert_eq!(code(&take(&owned).by("mallory", "write")).as_deref(), Some("not-the-owner"));
    assert_eq!(code(&take(&owned).by("mallory", "admin")).as_deref(), Some("not-the-owner"));
    assert_eq!(code(&take(&owned).by("carl", "write")).as_deref(), Some("not-the-owner"));
    assert_eq!(code(&take(&owned).by("bob", "write")), None);
    let unowned = MockPush::new().base(MockCommit::new("Base").file("CODEOWNERS", "*.rs @carl\n"));
    let edit = unowned.clone().commit(MockCommit::new("Edit").file("CODEOWNERS", "* @mallory\n"));
    for push in [take(&unowned), edit] {
        let verdicts = check(&Config::default(), &push.clone().by("mallory", "write"));
        assert!(verdicts.lines(0).join("\n").contains("@carl @@maintainer"), "{:?}", verdicts.lines(0));
        assert_eq!((code(&push.clone().by("carl", "write")), code(&push.by("mallory", "admin"))), (None, None));
    }
}

#[test]
fn guarded_branches_are_not_got_round_by_age_or_by_deletion() {
    let release = config(r#"{"branches": ["main", "release/*"]}"#);
    let by = |push: MockPush, role: &str| check(&release, &push.by("mallory", role)).code(0).map(ToOwned::to_owned);
    let gone = repository().to("refs/heads/release/1").deleting();
    assert_eq!((by(gone.clone(), "write").as_deref(), by(gone, "admin")), (Some("guarded-branch"), None));
    assert_eq!(by(repository().to("refs/heads/topic").deleting(), "write"), None);
    // From before the file was there: what counts is what the default branch has.
    let old = MockPush::new().base("Empty").base(MockCommit::new("Base").file("CODEOWNERS", "*.rs @bob\n").file("a.rs", "1"));
    let branch = |path: &str| old.clone().to("refs/heads/release/1").creating().commit(MockCommit::new("Mine").file(path, "2"));
    assert_eq!(by(branch("b.rs"), "write").as_deref(), Some("not-the-owner"));
    assert_eq!(by(branch("README"), "write"), None);
}

#[test]
fn a_file_that_is_too_large_can_be_mended_and_a_link_is_none() {
    let large = || MockPush::new().base(MockCommit::new("Base").file("CODEOWNERS", "# x\n".repeat(200_000)));
    let mend = || large().commit(MockCommit::new("Mend").file("CODEOWNERS", "* @ann\n"));
    assert_eq!((code(&mend().by("mallory", "admin")), code(&mend().by("mallory", "write")).as_deref()), (None, Some("owners-too-large")));
    let more = mend().commit(MockCommit::new("More").file("x", "1"));
    assert_eq!(code(&more.by("mallory", "admin")).as_deref(), Some("owners-too-large"));
    let link =
        MockCommit::new("Base").entry(".hardie/CODEOWNERS", hardie_plugin::FileMode::SYMLINK, "* @mallory").file("CODEOWNERS", "* @ann");
    let push = MockPush::new().base(link).commit(MockCommit::new("Change").file("x", "1")).by("mallory", "write");
    let verdicts = check(&Config::default(), &push);
    assert!(verdicts.code(0).is_some() && verdicts.warnings(0)[0].contains("is a symbolic link"), "{:?}", verdicts.warnings(0));
}

#[test]
fn bounds_are_those_of_a_push_and_not_of_a_branch() {
    let wide = |n: usize| (0..12_000).fold(MockCommit::new("Wide"), |commit, at| commit.file(&format!("{n}/{at:05}"), ""));
    let push = repository().commit(wide(1)).and_to("refs/heads/release/1").commit(wide(2));
    let verdicts = check(&config(r#"{"branches": ["main", "release/*"]}"#), &push);
    assert_eq!([0, 1].map(|update| verdicts.code(update)), [None, Some("too-many-changes")]);
}
