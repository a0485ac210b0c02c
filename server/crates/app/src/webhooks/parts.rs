//! Which parts of one event are a delivery each: of a push every ref that moved, was made or removed, the first hundred one by one and the
//! rest together. A part's number means the same whatever a webhook asks for.

use hardie_domain::event;
use hardie_domain::webhook::MOST_REFS;
use serde_json::Value;

use super::settings::Settings;

/// The number of the part that stands for all refs beyond the first hundred.
const REST: u32 = u32::MAX;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// By which it is found again in the event.
    pub number: u32,
    /// In words, for lists.
    pub about: String,
}

/// A ref as the event of a push names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its full name.
    pub name: String,
    /// The id before, zeros for none.
    pub before: String,
    /// The id after, zeros for none.
    pub after: String,
}

/// What a part is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A branch or tag moved, or was made.
    Push(Moved),
    /// A branch or tag was made.
    Create(Moved),
    /// A branch or tag is gone.
    Delete(Moved),
    /// More refs than are told one by one: how many the push moved.
    Rest(usize),
    /// The repository itself: what happened to it.
    Repository(String),
    /// A release: what happened to it.
    Release(String),
    /// The repository was forked.
    Fork,
    /// A check of a commit.
    Status,
}

impl Subject {
    /// The name of the event, in headers and settings.
    pub fn event(&self) -> &'static str {
        match self {
            Subject::Push(_) | Subject::Rest(_) => "push",
            Subject::Create(_) => "create",
            Subject::Delete(_) => "delete",
            Subject::Repository(_) => "repository",
            Subject::Release(_) => "release",
            Subject::Fork => "fork",
            Subject::Status => "status",
        }
    }
}

fn moved(payload: &Value) -> impl Iterator<Item = Moved> + '_ {
    let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let refs = payload.get("refs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    refs.iter().map(move |one| Moved { name: text(one, "ref"), before: text(one, "before"), after: text(one, "after") })
}

fn is_none(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0')
}

/// Both parts that a ref can be: that it was made or removed, and what was pushed to it.
fn of_ref(one: Moved) -> [Option<Subject>; 2] {
    if !(one.name.starts_with("refs/heads/") || one.name.starts_with("refs/tags/")) {
        return [None, None];
    }
    match (is_none(&one.before), is_none(&one.after)) {
        (true, false) => [Some(Subject::Create(one.clone())), Some(Subject::Push(one))],
        (false, true) => [Some(Subject::Delete(one)), None],
        _ => [None, Some(Subject::Push(one))],
    }
}

/// What a webhook is told of an event, in the order in which it is told. For one that is `full` what several refs would be is told at once.
pub fn parts(kind: &str, payload: &Value, settings: &Settings, full: bool) -> Vec<Part> {
    match kind {
        event::PUSH => {
            let parts = of_push(payload, settings);
            // A new branch is two.
            if full && parts.len() > 2 { vec![rest()] } else { parts }
        }
        event::WEBHOOK_TEST => vec![Part { number: 1, about: "test".to_owned() }],
        event::STATUS if settings.wants("status") => vec![Part { number: 0, about: "status".to_owned() }],
        event::FORK if settings.wants("fork") => vec![Part { number: 0, about: "fork".to_owned() }],
        _ => match kind.split_once('.').filter(|(about, _)| is_of_one(about) && settings.wants(about)) {
            Some((about, action)) => vec![Part { number: 0, about: format!("{about} {action}") }],
            None => Vec::new(),
        },
    }
}

/// Whether events of this name are about one thing, and its one part says what became of it.
fn is_of_one(about: &str) -> bool {
    matches!(about, "repository" | "release")
}

fn rest() -> Part {
    Part { number: REST, about: "push of more refs".to_owned() }
}

fn of_push(payload: &Value, settings: &Settings) -> Vec<Part> {
    let filter = settings.filter();
    let (mut parts, mut told) = (Vec::new(), 0);
    for (place, one) in moved(payload).enumerate() {
        if !filter.passes(&one.name) {
            continue;
        }
        let name = one.name.clone();
        let wanted: Vec<(usize, Subject)> = of_ref(one)
            .into_iter()
            .enumerate()
            .filter_map(|(half, subject)| Some((half, subject?)))
            .filter(|(_, subject)| settings.wants(subject.event()))
            .collect();
        if wanted.is_empty() {
            continue;
        }
        if told == MOST_REFS {
            parts.push(rest());
            break;
        }
        told += 1;
        for (half, subject) in wanted {
            let number = u32::try_from(place.saturating_mul(2).saturating_add(half)).unwrap_or(REST);
            parts.push(Part { number, about: format!("{} {name}", subject.event()) });
        }
    }
    parts
}

/// What the part of this number is about; `None` if the event has no such.
pub fn subject(kind: &str, payload: &Value, number: u32) -> Option<Subject> {
    match kind {
        event::PUSH | event::WEBHOOK_TEST if number == REST => Some(Subject::Rest(moved(payload).count())),
        event::PUSH | event::WEBHOOK_TEST => {
            let place = usize::try_from(number / 2).ok()?;
            let half = usize::try_from(number % 2).ok()?;
            of_ref(moved(payload).nth(place)?).into_iter().nth(half)?
        }
        event::STATUS => Some(Subject::Status),
        event::FORK => Some(Subject::Fork),
        _ => match kind.split_once('.')? {
            ("repository", action) => Some(Subject::Repository(action.to_owned())),
            ("release", action) => Some(Subject::Release(action.to_owned())),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NONE: &str = "0000000000000000000000000000000000000000";

    fn settings(events: &[&str], filter: &str) -> Settings {
        let events: Vec<String> = events.iter().map(|name| (*name).to_owned()).collect();
        Settings::checked(&events, filter, "json").unwrap()
    }

    fn push(refs: &[(&str, &str, &str)]) -> Value {
        let refs: Vec<Value> = refs.iter().map(|(name, before, after)| json!({ "ref": name, "before": before, "after": after })).collect();
        json!({ "refs": refs })
    }

    fn told(payload: &Value, settings: &Settings) -> Vec<String> {
        let all = parts(event::PUSH, payload, settings, false);
        for part in &all {
            let subject = subject(event::PUSH, payload, part.number).unwrap();
            assert!(part.about.starts_with(subject.event()), "{part:?}");
        }
        all.into_iter().map(|part| part.about).collect()
    }

    #[test]
    fn each_ref_is_told_as_what_became_of_it_and_only_where_it_is_asked_for() {
        let payload = push(&[
            ("refs/heads/main", "a1", "b1"),
            ("refs/heads/new", NONE, "b2"),
            ("refs/tags/v1", NONE, "b3"),
            ("refs/heads/old", "a4", NONE),
            ("refs/notes/commits", "a5", "b5"),
        ]);
        let all = settings(&["push", "create", "delete"], "");
        let expected = [
            "push refs/heads/main",
            "create refs/heads/new",
            "push refs/heads/new",
            "create refs/tags/v1",
            "push refs/tags/v1",
            "delete refs/heads/old",
        ];
        assert_eq!(told(&payload, &all), expected);
        assert_eq!(told(&payload, &settings(&["create"], "")), ["create refs/heads/new", "create refs/tags/v1"]);
        assert_eq!(told(&payload, &settings(&["push", "delete"], "{main,old}")), ["push refs/heads/main", "delete refs/heads/old"]);
        assert!(told(&payload, &settings(&["status", "repository", "release"], "")).is_empty());
    }

    #[test]
    fn beyond_a_hundred_refs_one_part_stands_for_the_rest() {
        let names: Vec<String> = (0..150).map(|n| format!("refs/heads/b{n}")).collect();
        let refs: Vec<(&str, &str, &str)> = names.iter().map(|name| (name.as_str(), "a", "b")).collect();
        let all = told(&push(&refs), &settings(&["push"], ""));
        assert_eq!((all.len(), all[99].as_str(), all[100].as_str()), (101, "push refs/heads/b99", "push of more refs"));
        assert_eq!(told(&push(&refs[..100]), &settings(&["push"], "")).len(), 100, "a hundred are no rest");
        assert_eq!(told(&push(&refs), &settings(&["push"], "b14?")).len(), 10, "those that the filter leaves out do not count");
        assert_eq!(subject(event::PUSH, &push(&refs), REST), Some(Subject::Rest(150)));
        let full = |count: usize| parts(event::PUSH, &push(&refs[..count]), &settings(&["push"], ""), true).len();
        assert_eq!((full(1), full(2), full(3), full(150)), (1, 2, 1, 1), "where much waits, few are told one by one");
    }

    #[test]
    fn what_became_of_one_thing_is_one_part() {
        for (kind, about) in [(event::RELEASE_PUBLISHED, "release published"), (event::REPO_RENAMED, "repository renamed")] {
            let of = |wanted: &str| parts(kind, &json!({}), &settings(&[wanted], ""), false);
            let event = about.split(' ').next().unwrap();
            assert_eq!(of(event), [Part { number: 0, about: about.to_owned() }]);
            assert!(of("push").is_empty());
            assert_eq!(subject(kind, &json!({}), 0).unwrap().event(), event);
        }
        assert_eq!(subject("nothing.new", &json!({}), 0), None);
    }

    #[test]
    fn a_part_that_an_event_does_not_have_is_none() {
        let payload = push(&[("refs/heads/main", "a", "b")]);
        assert_eq!(subject(event::PUSH, &payload, 0), None, "it was not made by this push");
        for number in [2, 3, 4_000_000] {
            assert_eq!(subject(event::PUSH, &payload, number), None);
        }
        assert_eq!(subject(event::PUSH, &json!({ "refs": 7 }), 1), None);
    }
}
