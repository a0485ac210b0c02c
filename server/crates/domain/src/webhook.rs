//! Webhooks: what they may be, which branches they are told of, and when one whose receiver does not answer is tried again.

use std::time::Duration;

use crate::error::Invalid;
use crate::event;
use crate::glob::Glob;
use crate::plugin::Digest;
use crate::time::Timestamp;

/// Stands where an installation names its component: a webhook has none, the server itself sends. No component has this digest, as nobody
/// knows bytes of which it is the hash.
pub const BUILT_IN: Digest = Digest([0; 32]);
/// Webhooks in one place.
pub const MOST: u64 = 30;
/// Bytes of an address.
pub const URL_BYTES: usize = 2048;
/// Bytes of a secret or of the header `Authorization`.
pub const SECRET_BYTES: usize = 1024;
/// Refs of one push that are told one by one; what is left is told together.
pub const MOST_REFS: usize = 100;
/// Deliveries of a webhook that wait before a push of several refs is told at once: nobody fills the database with what a receiver leaves
/// behind.
pub const MOST_WAITING: u64 = 1000;
/// Tries of a delivery that the receiver refuses.
pub const MOST_REFUSALS: u32 = 3;
/// For how long a receiver that does not answer is tried.
pub const PATIENCE: Duration = Duration::from_secs(3 * 24 * 3600);
/// Until when a webhook waits that is not tried any more until somebody asks for it: 9999-12-31.
pub const PARKED: Timestamp = Timestamp(253_402_214_400_000);

/// The pause after the first failed try and after each that follows; the last holds for all later ones.
const PAUSES: [u64; 6] = [10, 60, 5 * 60, 30 * 60, 2 * 3600, 6 * 3600];

/// Names under which a webhook can ask for events of this server. `create` and `delete` are about branches and tags.
pub const TOLD: [&str; 7] = ["push", "create", "delete", "repository", "release", "fork", "status"];

/// Names of Gitea's for what does not happen here yet. They are kept, so that clients which ask for more than they need get what there is.
const NOT_YET: [&str; 22] = [
    "issues",
    "issues_only",
    "issue_assign",
    "issue_label",
    "issue_milestone",
    "issue_comment",
    "pull_request",
    "pull_request_only",
    "pull_request_assign",
    "pull_request_label",
    "pull_request_milestone",
    "pull_request_comment",
    "pull_request_review",
    "pull_request_review_approved",
    "pull_request_review_rejected",
    "pull_request_review_comment",
    "pull_request_review_request",
    "pull_request_sync",
    "wiki",
    "package",
    "workflow_run",
    "workflow_job",
];

/// The events of a webhook, each once, in an order of ours; `push` if none are named.
pub fn checked_events(named: &[String]) -> Result<Vec<String>, Invalid> {
    let known = || TOLD.iter().chain(&NOT_YET);
    if let Some(unknown) = named.iter().find(|name| !known().any(|one| *one == name.as_str())) {
        return Err(Invalid::new("events", format!("{unknown:?} is no event of webhooks: {} are told", TOLD.join(", "))));
    }
    if named.is_empty() {
        return Ok(vec!["push".to_owned()]);
    }
    Ok(known().filter(|name| named.iter().any(|one| one == **name)).map(|name| (*name).to_owned()).collect())
}

/// The kinds of [`crate::event`] behind these events.
pub fn kinds_of(events: &[String]) -> Vec<String> {
    let mut kinds = Vec::new();
    for name in events {
        match name.as_str() {
            "push" | "create" | "delete" => kinds.push(event::PUSH),
            "status" => kinds.push(event::STATUS),
            "fork" => kinds.push(event::FORK),
            "repository" | "release" => {
                let of_it = |kind: &&&str| kind.split_once('.').is_some_and(|(about, _)| about == name);
                kinds.extend(event::ALL.iter().filter(of_it));
            }
            _ => {}
        }
    }
    kinds.dedup();
    // Never empty, which would mean all.
    kinds.push(event::WEBHOOK_TEST);
    kinds.into_iter().map(str::to_owned).collect()
}

/// How a body is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentType {
    /// As JSON.
    #[default]
    Json,
    /// As a form with the JSON in its one field `payload`.
    Form,
}

impl ContentType {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            ContentType::Json => "json",
            ContentType::Form => "form",
        }
    }

    /// The reverse of [`ContentType::as_str`].
    pub fn parse(word: &str) -> Result<ContentType, Invalid> {
        let found = [ContentType::Json, ContentType::Form].into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| Invalid::new("config.content_type", format!("{word:?} is neither json nor form")))
    }
}

/// Which branches a webhook is told of: `main`, `release/*`, `{main,release/**}`; all if it is empty, `*` or `**`.
#[derive(Clone, Debug, Default)]
pub struct BranchFilter(Vec<Glob>);

impl BranchFilter {
    /// Reads one. Braces hold alternatives and stand around the whole.
    pub fn parse(text: &str) -> Result<BranchFilter, Invalid> {
        if matches!(text, "" | "*" | "**") {
            return Ok(BranchFilter::default());
        }
        let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let patterns = inside.map_or_else(|| vec![text], |list| list.split(',').map(str::trim).collect());
        let read = |pattern| Glob::parse(pattern).map_err(|why| Invalid::new("branch_filter", why.reason));
        if patterns.len() > 50 {
            return Err(Invalid::new("branch_filter", "has 50 alternatives at most"));
        }
        Ok(BranchFilter(patterns.into_iter().map(read).collect::<Result<_, _>>()?))
    }

    /// Whether a ref passes, by its full name. A filter is about branches: what is none passes only where there is none.
    pub fn passes(&self, name: &str) -> bool {
        let branch = name.strip_prefix("refs/heads/");
        self.0.is_empty() || branch.is_some_and(|branch| self.0.iter().any(|glob| glob.matches(branch.as_bytes())))
    }
}

/// The pause after a receiver did not answer, `faults` times in a row since `since`; `None` if it has been long enough. `wish` is what the
/// receiver asked for, a day at most. `chance` makes our own pauses up to a fifth longer.
pub fn pause_after(faults: u32, since: Timestamp, now: Timestamp, wish: Option<Duration>, chance: u8) -> Option<Duration> {
    let place = usize::try_from(faults.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    let own = Duration::from_secs(PAUSES.get(place).copied().unwrap_or(6 * 3600));
    let own = own + own * u32::from(chance) / (5 * 255);
    let pause = own.max(wish.unwrap_or_default().min(crate::attempt::LONGEST_PAUSE));
    let waited = Duration::from_millis(u64::try_from(now.0.saturating_sub(since.0)).unwrap_or_default());
    (waited + pause <= PATIENCE).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_receiver_that_is_down_is_tried_for_three_days_and_no_longer() {
        for chance in [0, 255] {
            let (mut now, mut faults) = (Timestamp(0), 1);
            while let Some(pause) = pause_after(faults, Timestamp(0), now, None, chance) {
                now = now.plus_seconds(i64::try_from(pause.as_secs()).unwrap());
                faults += 1;
            }
            let hours = now.seconds() / 3600;
            assert!((60..=72).contains(&hours) && (13..=18).contains(&faults), "{faults} tries in {hours} hours");
        }
        let wish = |seconds| pause_after(1, Timestamp(0), Timestamp(0), Some(Duration::from_secs(seconds)), 0).unwrap().as_secs();
        assert_eq!((wish(1), wish(90), wish(u64::MAX)), (10, 90, 24 * 3600));
    }

    #[test]
    fn events_are_known_ones_and_what_is_not_there_yet_is_kept_and_told_nothing() {
        assert_eq!(checked_events(&[]).unwrap(), ["push"]);
        let woodpecker = checked_events(&names(&["release", "pull_request", "push", "create", "push"])).unwrap();
        assert_eq!(woodpecker, ["push", "create", "release", "pull_request"]);
        let releases = [event::RELEASE_PUBLISHED, event::RELEASE_UPDATED, event::RELEASE_DELETED];
        assert_eq!(kinds_of(&woodpecker), [&[event::PUSH][..], &releases, &[event::WEBHOOK_TEST]].concat());
        assert_eq!(kinds_of(&names(&["pull_request"])), [event::WEBHOOK_TEST], "an empty list would mean all");
        assert_eq!(kinds_of(&names(&["status", "repository"])).len(), 8);
        assert!(checked_events(&names(&["pushes"])).unwrap_err().reason.contains("\"pushes\" is no event"));
    }

    #[test]
    fn a_filter_is_about_branches() {
        let passes = |filter: &str, name: &str| BranchFilter::parse(filter).unwrap().passes(name);
        for all in ["", "*", "**"] {
            assert!(passes(all, "refs/heads/a/b") && passes(all, "refs/tags/v1"));
        }
        assert!(passes("{main, release/*}", "refs/heads/release/1") && !passes("{main,release/*}", "refs/heads/release/1/2"));
        assert!(!passes("main", "refs/tags/main") && !passes("main", "refs/heads/mainly") && !passes("v*", "refs/tags/v1"));
        for bad in ["{", "a{b}", "refs/heads/main", "a b", "{}", "{a,}"] {
            assert_eq!(BranchFilter::parse(bad).unwrap_err().field, "branch_filter", "{bad}");
        }
    }
}
