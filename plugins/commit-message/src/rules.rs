//! The rules, each by itself over one message.

use regex_lite::Regex;

use crate::config::Config;

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
    fn new(rule: &'static str, what: impl Into<String>, how: impl Into<String>) -> Broken {
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
    /// Everything that is wrong with a message.
    pub fn check(&self, message: &str) -> Vec<Broken> {
        let subject = message.lines().next().unwrap_or_default().trim_end();
        if subject.is_empty() {
            return vec![Broken::new("subject-empty", "has no subject", "give it a first line")];
        }
        [
            self.unfinished(subject),
            self.subject_length(subject),
            self.conventional(subject),
            self.second_line(message),
            self.body_width(message),
            self.required_pattern(message),
            self.sign_off(message),
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

    fn conventional(&self, subject: &str) -> Option<Broken> {
        if !self.config.conventional {
            return None;
        }
        let how = "write it as type(scope): text";
        let Some((head, text)) = subject.split_once(": ") else {
            return Some(Broken::new("not-conventional", "the subject is not of the form type(scope): text", how));
        };
        let head = head.strip_suffix('!').unwrap_or(head);
        let (kind, scope) = match head.split_once('(') {
            Some((kind, scope)) => (kind, scope.strip_suffix(')').filter(|scope| !scope.is_empty())),
            None => (head, Some("none")),
        };
        if scope.is_none() || text.trim().is_empty() {
            return Some(Broken::new("not-conventional", "the subject is not of the form type(scope): text", how));
        }
        (!self.config.types.iter().any(|known| known == kind)).then(|| {
            let what = format!("the type {kind:?} is not one of {}", self.config.types.join(", "));
            Broken::new("not-conventional", what, "choose one of them")
        })
    }

    fn sign_off(&self, message: &str) -> Option<Broken> {
        let signed = message.lines().any(|line| {
            let person = line.strip_prefix("Signed-off-by: ");
            person.is_some_and(|person| person.contains(" <") && person.trim_end().ends_with('>'))
        });
        (self.config.sign_off && !signed).then(|| {
            Broken::new(
                "sign-off-missing",
                "has no Signed-off-by line",
                "sign it off with git commit --amend --signoff, or git rebase --signoff",
            )
        })
    }
}

/// What cannot be wrapped: links, code, quotes, trailers.
fn may_be_long(line: &str) -> bool {
    let trailer = line.split_once(": ").is_some_and(|(key, _)| {
        key.starts_with(|c: char| c.is_ascii_uppercase()) && key.contains('-') && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    });
    line.contains("://") || line.starts_with([' ', '\t', '>']) || trailer
}
