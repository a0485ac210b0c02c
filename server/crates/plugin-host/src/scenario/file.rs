//! The TOML of a scenario: what all kinds share, and the cases of each.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::de::DeTable;

use super::asked_file::{Answer, ExpectedRequest, check_answers};
use super::event_file::EventCase;
use super::push_file::{Commit, Expectation, Push};
use super::web_file::WebCase;

/// What is given to a plugin, and what should come of it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it shows, for people.
    pub description: String,
    /// The plugin's configuration; its own default if absent.
    pub config: Option<toml::Table>,
    /// The time, in milliseconds since 1970-01-01 UTC. It stands still.
    pub now: i64,
    /// What is kept before the first case: texts by key.
    pub state: BTreeMap<String, String>,
    /// Who pushes what; for events that of the kind `push`.
    pub push: Push,
    /// Commits that the branch has before the push, oldest first.
    pub base: Vec<Commit>,
    /// Commits that are pushed, oldest first. Without a push they are there already.
    pub commit: Vec<Commit>,
    /// What requests of the plugin are answered with, in order. One without an answer fails.
    pub answer: Vec<Answer>,
    /// What it is given.
    pub cases: Cases,
}

/// Of which kind a scenario is.
#[derive(Clone, Debug)]
pub enum Cases {
    /// The push, which a policy judges.
    Push {
        /// What should come out.
        expect: Expectation,
        /// The requests that a policy sends which asks others, all of them, in order. Absent: not compared.
        request: Option<Vec<ExpectedRequest>>,
    },
    /// Events, one after the other.
    Events(Vec<EventCase>),
    /// Web requests, one after the other.
    Web {
        /// Whether the server has an origin of its own for plugins, and so sends pages.
        origin: bool,
        /// The requests.
        requests: Vec<WebCase>,
    },
}

/// A file of any kind, as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    description: String,
    config: Option<toml::Table>,
    now: Option<i64>,
    state: BTreeMap<String, String>,
    push: Push,
    base: Vec<Commit>,
    commit: Vec<Commit>,
    answer: Vec<Answer>,
    expect: Expectation,
    request: Option<Vec<ExpectedRequest>>,
    event: Vec<EventCase>,
    origin: bool,
    web: Vec<WebCase>,
}

/// The time in a scenario that does not say.
const NOW: i64 = 1_700_000_000_000;

/// What may be in a file of any kind.
const ALL: [&str; 5] = ["description", "config", "now", "commit", "answer"];

/// A kind by the word that tells it, its name for people, and what only some kinds have.
type Kind = (&'static str, &'static str, &'static [&'static str]);

const PUSH: Kind = ("expect", "a push", &["push", "base", "expect", "request"]);
const EVENTS: Kind = ("event", "events", &["state", "push", "base", "event"]);
const WEB: Kind = ("web", "web requests", &["state", "origin", "web"]);

impl Scenario {
    /// Reads a scenario. One with a `[[web]]` is of web requests, one with an `[[event]]` of events, any other of a push.
    ///
    /// # Errors
    /// A text naming the line or field.
    pub fn parse(text: &str) -> Result<Scenario, String> {
        let (tell, ..) = check_fields(text)?;
        let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
        check_answers(&written.answer)?;
        let Written { description, config, now, state, push, base, commit, answer, expect, request, event, origin, web } = written;
        let cases = match tell {
            "web" => Cases::Web { origin, requests: WebCase::checked(web)? },
            "event" => Cases::Events(event),
            _ => Cases::Push { expect: expect.checked()?, request },
        };
        Ok(Scenario { description, config, now: now.unwrap_or(NOW), state, push, base, commit, answer, cases })
    }
}

/// The kind of a file that has no other fields than its kind has.
fn check_fields(text: &str) -> Result<Kind, String> {
    let table = DeTable::parse(text).map_err(|error| error.to_string())?;
    let table = table.get_ref();
    let kind = [WEB, EVENTS].into_iter().find(|(tell, ..)| table.contains_key(*tell)).unwrap_or(PUSH);
    let (_, name, own) = kind;
    let fields: Vec<&str> = ALL.iter().chain(own).copied().collect();
    match table.keys().find(|key| !fields.contains(&key.get_ref().as_ref())) {
        Some(unknown) => {
            let line = text.get(..unknown.span().start).unwrap_or_default().matches('\n').count() + 1;
            Err(format!("line {line}: unknown field `{}`: a scenario of {name} has {}", unknown.get_ref(), fields.join(", ")))
        }
        None => Ok(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Scenario::parse(text).unwrap_err()
    }

    #[test]
    fn a_field_of_another_kind_is_unknown_by_its_line_and_what_there_is_is_listed() {
        let push = "description = \"x\"\nstate = { a = \"b\" }\n[expect]\naccept = true\n";
        assert_eq!(
            refusal(push),
            "line 2: unknown field `state`: a scenario of a push has description, config, now, commit, answer, push, base, expect, request"
        );
        let event = "[[event]]\nkind = \"x\"\nexpect = \"done\"\n";
        assert!(Scenario::parse(event).is_ok());
        for (text, line, field) in [
            (format!("origin = true\n{event}"), 1, "origin"),
            (format!("{event}[expect]\naccept = true\n"), 4, "expect"),
            (format!("{event}\n[[request]]\n"), 5, "request"),
            ("[[web]]\npath = \"/\"\nexpect = \"200\"\n[[base]]\nmessage = \"x\"\n".to_owned(), 4, "base"),
            ("\n\nevents = []".to_owned(), 3, "events"),
        ] {
            let refused = refusal(&text);
            assert!(refused.starts_with(&format!("line {line}: unknown field `{field}`: ")), "{refused}");
        }
    }

    #[test]
    fn a_field_within_a_case_and_a_wrong_type_are_shown_where_they_are() {
        let inner = refusal("[[event]]\nkind = \"x\"\nexpect = \"done\"\nmood = 3\n");
        assert!(inner.contains("line 4") && inner.contains("unknown field `mood`") && inner.contains("`kind`"), "{inner}");
        let inner = refusal("[expect]\naccept = 3\n");
        assert!(inner.contains("line 2") && inner.contains("boolean"), "{inner}");
        assert!(refusal("[expect").contains("line 1"));
        for none in ["", "[expect]\naccept = true\nreject = \"x\"\n"] {
            assert!(refusal(none).contains("exactly one of accept"), "{none}");
        }
        assert!(refusal("[[web]]\npath = \"x\"\nexpect = \"200\"\n").contains("begin with /"));
        assert!(refusal("[[web]]\npath = \"/\"\n").contains("missing field `expect`"));
    }
}
