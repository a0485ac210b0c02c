use hardie_plugin::Policy as _;
use hardie_plugin::mock::MockPush;

use crate::{Config, RefNames};

fn create(name: &str) -> MockPush {
    MockPush::new().commit("One").to(name)
}

fn code(config: &Config, push: &MockPush) -> Option<String> {
    push.check::<RefNames>(config).unwrap().code(0).map(ToOwned::to_owned)
}

fn list(patterns: &[&str]) -> Vec<String> {
    patterns.iter().map(|pattern| (*pattern).to_owned()).collect()
}

#[test]
fn slips_are_refused_and_ordinary_names_are_not_unless_somebody_says_so() {
    let config = Config::default();
    for fine in ["refs/heads/main", "refs/heads/feature/x", "refs/tags/v1.0", "refs/notes/commits", "refs/heads/Fix"] {
        assert_eq!(code(&config, &create(fine)), None, "{fine}");
    }
    for (bad, rule) in [
        ("refs/heads/-x/y", "branch-name"),
        ("refs/heads/HEAD", "branch-name"),
        ("refs/heads/origin/main", "branch-name"),
        ("refs/tags/refs/tags/v1", "tag-name"),
    ] {
        assert_eq!(code(&config, &create(bad)).as_deref(), Some(rule), "{bad}");
    }
    assert_eq!(code(&config, &create(&format!("refs/heads/{}", "ü".repeat(101)))).as_deref(), Some("name-too-long"));
    assert_eq!(code(&config, &create(&format!("refs/heads/{}", "ü".repeat(100)))), None);
}

#[test]
fn only_names_that_are_allowed_may_be_made_and_the_refusal_says_which() {
    let config =
        Config { branches: list(&["main", "feature/*"]), tags: list(&["v[0-9]*"]), hint: "see the handbook".into(), ..Config::default() };
    for fine in ["refs/heads/main", "refs/heads/feature/x", "refs/tags/v1"] {
        assert_eq!(code(&config, &create(fine)), None, "{fine}");
    }
    for bad in ["refs/heads/x", "refs/heads/topic/main", "refs/heads/feature/x/y", "refs/tags/x/v1", "refs/tags/latest"] {
        assert!(code(&config, &create(bad)).is_some(), "{bad}");
    }
    let lines = create("refs/heads/Topic").check::<RefNames>(&config).unwrap().lines(0).join("\n");
    for text in ["Topic is not called like main, feature/*", "see the handbook", "git branch -m Topic <name>"] {
        assert!(lines.contains(text), "{text} is missing in {lines}");
    }
}

#[test]
fn a_branch_that_exists_keeps_working() {
    let config = Config { branches: list(&["main"]), lower_case: true, max_length: 3, ..Config::default() };
    let update = MockPush::new().base("Old").commit("New").to("refs/heads/Old-Branch");
    assert_eq!(code(&config, &update), None);
    assert_eq!(code(&config, &update.clone().forced()), None);
    assert!(code(&config, &update.creating()).is_some());
}

#[test]
fn capital_letters_are_refused_on_wish_with_the_name_to_take() {
    let config = Config { lower_case: true, ..Config::default() };
    let verdicts = create("refs/heads/Fix/Ärger").check::<RefNames>(&config).unwrap();
    assert_eq!(verdicts.code(0), Some("name-not-lower-case"));
    assert!(verdicts.lines(0).join("\n").contains("git branch -m Fix/Ärger fix/ärger"), "{:?}", verdicts.lines(0));
}

#[test]
fn a_tag_that_exists_does_not_move_unless_it_may() {
    let update = MockPush::new().base("Old").commit("New").to("refs/tags/v1");
    assert_eq!(code(&Config::default(), &update).as_deref(), Some("tag-moved"));
    assert_eq!(code(&Config::default(), &update.clone().forced()).as_deref(), Some("tag-moved"));
    assert_eq!(code(&Config { fixed_tags: false, ..Config::default() }, &update), None);
}

#[test]
fn tags_must_be_annotated_on_wish() {
    let config = Config { annotated_tags: true, ..Config::default() };
    assert_eq!(code(&config, &create("refs/tags/v1")).as_deref(), Some("tag-not-annotated"));
    assert_eq!(code(&config, &create("refs/tags/v1").annotated()), None);
    assert_eq!(code(&config, &create("refs/heads/v1")), None);
    assert_eq!(code(&Config { fixed_tags: false, ..config }, &create("refs/tags/v1").deleting()), None);
}

#[test]
fn a_fixed_tag_is_not_moved_by_deleting_it_first() {
    assert_eq!(code(&Config::default(), &create("refs/tags/v1").deleting()).as_deref(), Some("tag-deleted"));
    assert_eq!(code(&Config { fixed_tags: false, ..Config::default() }, &create("refs/tags/v1").deleting()), None);
    assert_eq!(code(&Config::default(), &create("refs/heads/v1").deleting()), None);
}

#[test]
fn what_is_kept_is_not_deleted() {
    let config = Config { keep_branches: list(&["release/*"]), keep_tags: list(&["v*"]), ..Config::default() };
    for (name, kept) in [("refs/heads/release/1", true), ("refs/tags/v1", true), ("refs/heads/v1", false), ("refs/heads/topic", false)] {
        assert_eq!(code(&config, &create(name).deleting()).is_some(), kept, "{name}");
    }
    let exempt = Config { exempt: list(&["@Ann"]), ..config };
    assert_eq!(code(&exempt, &create("refs/tags/v1").deleting()), None);
    assert!(code(&exempt, &create("refs/tags/v1").deleting().by("bob", "admin")).is_some());
}

#[test]
fn patterns_that_fit_no_name_are_refused_by_field() {
    let config = Config { branches: list(&["main", "refs/heads/x"]), keep_tags: list(&["v/"]), tags: list(&[""]), ..Config::default() };
    let fields: Vec<String> = RefNames::validate(&config).unwrap_err().into_iter().map(|error| error.field).collect();
    assert_eq!(fields, ["branches[1]", "tags[0]", "keep-tags[0]"]);
    assert!(RefNames::validate(&Config::default()).is_ok());
}
