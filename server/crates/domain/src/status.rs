//! What a build or a check found of a commit.

use crate::error::Invalid;
use crate::weblink;

/// Characters of a context and of a description.
const MAX_CHARS: usize = 255;
const MAX_TARGET_CHARS: usize = 2048;
/// The context of whoever gives none.
const DEFAULT_CONTEXT: &str = "default";

/// What was found, the worst first: of several, the smallest stands for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitState {
    /// The check itself broke.
    Error,
    /// The commit is not good.
    Failure,
    /// Good, but somebody should look.
    Warning,
    /// Not known yet.
    Pending,
    /// The commit is good.
    Success,
    /// There was nothing to do.
    Skipped,
}

impl CommitState {
    const ALL: [CommitState; 6] =
        [CommitState::Error, CommitState::Failure, CommitState::Warning, CommitState::Pending, CommitState::Success, CommitState::Skipped];

    /// The word in rows and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            CommitState::Error => "error",
            CommitState::Failure => "failure",
            CommitState::Warning => "warning",
            CommitState::Pending => "pending",
            CommitState::Success => "success",
            CommitState::Skipped => "skipped",
        }
    }

    /// The reverse of [`CommitState::as_str`].
    pub fn parse(word: &str) -> Option<CommitState> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// As [`CommitState::parse`], for what a client sent.
    pub fn checked(word: &str) -> Result<CommitState, Invalid> {
        let known = || Self::ALL.map(CommitState::as_str).join(", ");
        Self::parse(word).ok_or_else(|| Invalid::new("state", format!("must be one of {}", known())))
    }
}

/// What a check says, measured against the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was found.
    pub state: CommitState,
    /// Which check it is: 1 to 255 characters. A newer finding of the same context takes the place of the older.
    pub context: String,
    /// A few words; may be empty.
    pub description: String,
    /// Where more is told; may be empty.
    pub target_url: String,
}

impl Finding {
    /// Refuses what cannot stand. A long description is cut: refused, its commit would stay pending for ever.
    pub fn new(state: &str, context: &str, description: &str, target_url: &str) -> Result<Finding, Invalid> {
        Ok(Finding {
            state: CommitState::checked(state)?,
            context: checked_context(context)?,
            description: cut(description),
            target_url: weblink::checked("target_url", target_url, MAX_TARGET_CHARS)?,
        })
    }
}

fn checked_context(context: &str) -> Result<String, Invalid> {
    let context = match context.trim() {
        "" => DEFAULT_CONTEXT,
        given => given,
    };
    match context.chars().count() <= MAX_CHARS && !context.chars().any(char::is_control) {
        true => Ok(context.to_owned()),
        false => Err(Invalid::new("context", format!("must have {MAX_CHARS} characters at most, and no control characters"))),
    }
}

/// One line of at most [`MAX_CHARS`] characters.
fn cut(description: &str) -> String {
    let line = description.trim().chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut kept: String = line.clone().take(MAX_CHARS).collect();
    if line.count() > MAX_CHARS {
        kept.pop();
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_stands_for_all() {
        let worst = |states: &[CommitState]| states.iter().min().copied();
        assert_eq!(worst(&[CommitState::Success, CommitState::Pending, CommitState::Skipped]), Some(CommitState::Pending));
        assert_eq!(worst(&[CommitState::Warning, CommitState::Failure, CommitState::Pending]), Some(CommitState::Failure));
        for state in CommitState::ALL {
            assert_eq!(CommitState::parse(state.as_str()), Some(state));
        }
    }

    #[test]
    fn a_finding_is_bounded() {
        let found = Finding::new("success", " ", "a\nb", "").unwrap();
        assert_eq!((found.context.as_str(), found.description.as_str(), found.target_url.as_str()), ("default", "a b", ""));
        let long = Finding::new("error", &"ü".repeat(255), &"ü".repeat(256), "https://ci.example/1").unwrap();
        assert_eq!((long.context.chars().count(), long.description.chars().count()), (255, 255));
        assert!(long.description.ends_with("ü…"));
        assert_eq!(Finding::new("success", "", &"ü".repeat(255), "").unwrap().description, "ü".repeat(255));
        let field = |state, context: &str, url| Finding::new(state, context, "", url).unwrap_err().field;
        assert_eq!(field("good", "", ""), "state");
        assert_eq!(field("Success", "", ""), "state");
        assert_eq!(field("success", &"c".repeat(256), ""), "context");
        assert_eq!(field("success", "a\tb", ""), "context");
        assert_eq!(field("success", "", "javascript:alert(1)"), "target_url");
    }
}
