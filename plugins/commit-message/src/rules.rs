//! The rules, each by itself over one message.

use hardie_plugin::Signature;
use regex_lite::Regex;

use crate::config::{Case, Config};
use crate::{conventional, issues, sign_off};

/// Settings with their pattern compiled.
pub struct Rules<'a> {
    pub(crate) config: &'a Config,
    pub(crate) pattern: Option<Regex>,
}

/// One rule that a message breaks.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken {
    /// Short name.
    pub rule: &'static str,
    /// What is wrong.
    pub what: String,
    how: String,
}

impl Broken {
    pub(crate) fn new(rule: &'static str, what: impl Into<String>, how: impl Into<String>) -> Broken {
        Broken { rule, what: what.into(), how: how.into() }
    }

    /// The way to mend it.
    pub fn mend(&self, commit: &str) -> String {
        match self.how {
            // It names its own command.
            ref how if how.contains("git ") => format!("  {how}"),
            ref how => format!("  {how}: git commit --amend (the last commit) or git rebase -i {commit}~"),
        }
    }
}

impl Rules<'_> {
    /// Everything that is wrong with a message. The author matters to [`Config::asks_authors`] alone.
    pub fn check(&self, message: &str, author: Option<&Signature>) -> Vec<Broken> {
        let subject = message.lines().next().unwrap_or_default().trim_end();
        if subject.is_empty() {
            return vec![Broken::new("subject-empty", "has no subject", "give it a first line")];
        }
        [
            self.unfinished(subject),
            self.subject_length(subject),
            conventional::check(self.config, subject, message),
            self.subject_form(subject),
            self.second_line(message),
            self.body_width(message),
            self.required_pattern(message),
            issues::check(self.config, message),
            sign_off::check(self.config, message, author),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn unfinished(&self, subject: &str) -> Option<Broken> {
        let lower = subject.to_ascii_lowercase();
        let marker = ["fixup!", "squash!", "amend!"].into_iter().find(|marker| lower.starts_with(marker));
        if let Some(marker) = marker.filter(|_| self.config.forbid_fixup) {
            let what = format!("begins with {marker} and belongs into another commit");
            return Some(Broken::new(
                "fixup",
                what,
                "fold it into its commit (git rebase -i --autosquash) or reword it (git commit --amend)",
            ));
        }
        let rest = ["wip", "[wip]", "draft", "[draft]"].into_iter().find_map(|marker| lower.strip_prefix(marker));
        let whole_word = rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()));
        (self.config.forbid_wip && whole_word)
            .then(|| Broken::new("work-in-progress", "is marked as work in progress", "finish it and reword it"))
    }

    fn subject_length(&self, subject: &str) -> Option<Broken> {
        let (length, most) = (subject.chars().count(), self.config.max_subject);
        (most > 0 && length > most).then(|| {
            let what = format!("the subject has {length} characters, {most} are allowed");
            Broken::new("subject-too-long", what, "shorten it and move details into the body")
        })
    }

    fn second_line(&self, message: &str) -> Option<Broken> {
        let second = message.lines().nth(1).unwrap_or_default();
        (self.config.blank_second_line && !second.trim().is_empty())
            .then(|| Broken::new("second-line-not-blank", "the line after the subject is not blank", "put a blank line there"))
    }

    fn body_width(&self, message: &str) -> Option<Broken> {
        let most = self.config.max_body_width;
        let wide = message.lines().enumerate().skip(1).find(|(_, line)| line.chars().count() > most && !may_be_long(line));
        wide.filter(|_| most > 0).map(|(number, line)| {
            let what = format!("line {} has {} characters, {most} are allowed", number + 1, line.chars().count());
            Broken::new("body-too-wide", what, "wrap the text")
        })
    }

    fn required_pattern(&self, message: &str) -> Option<Broken> {
        let pattern = self.pattern.as_ref().filter(|pattern| !pattern.is_match(message))?;
        let wanted = match self.config.pattern_hint.as_str() {
            "" => format!("text that matches {}", pattern.as_str()),
            hint => hint.to_owned(),
        };
        Some(Broken::new("pattern-missing", format!("does not name {wanted}"), format!("add {wanted}")))
    }

    fn subject_form(&self, subject: &str) -> Option<Broken> {
        if self.config.forbid_full_stop && subject.ends_with('.') && !subject.ends_with("..") {
            return Some(Broken::new("full-stop", "the subject ends in a full stop", "take it away"));
        }
        let text = if self.config.conventional { subject.split_once(": ").map_or(subject, |(_, text)| text) } else { subject };
        let first = text.trim_start().chars().next()?;
        match self.config.subject_case {
            Case::Lower if first.is_uppercase() => {
                Some(Broken::new("subject-case", format!("the subject begins with a capital {first}"), "write it small"))
            }
            Case::Upper if first.is_lowercase() => {
                Some(Broken::new("subject-case", format!("the subject begins with a small {first}"), "write it large"))
            }
            _ => None,
        }
    }
}

/// What cannot be wrapped: links, code, quotes, trailers.
fn may_be_long(line: &str) -> bool {
    let trailer = line.split_once(": ").is_some_and(|(key, _)| {
        key.starts_with(|c: char| c.is_ascii_uppercase()) && key.contains('-') && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    });
    line.contains("://") || line.starts_with([' ', '\t', '>']) || trailer
}
