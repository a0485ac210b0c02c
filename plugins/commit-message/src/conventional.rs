//! Conventional Commits 1.0.0: `type(scope)!: text`.

use crate::config::Config;
use crate::rules::Broken;

/// Whether a subject follows it, with the types and scopes that are set.
pub fn check(config: &Config, subject: &str, message: &str) -> Option<Broken> {
    if !config.conventional {
        return None;
    }
    let formless = || {
        let what = "the subject is not of the form type(scope): text";
        Some(Broken::new("not-conventional", what, "write it as type(scope): text"))
    };
    let Some((head, text)) = subject.split_once(": ") else { return formless() };
    let (head, breaking) = head.strip_suffix('!').map_or((head, false), |head| (head, true));
    let (kind, scope) = match head.split_once('(') {
        Some((kind, scope)) => match scope.strip_suffix(')').filter(|scope| !scope.is_empty()) {
            Some(scope) => (kind, Some(scope)),
            None => return formless(),
        },
        None => (head, None),
    };
    if text.trim().is_empty() {
        return formless();
    }
    if !config.types.iter().any(|known| known == kind) {
        let what = format!("the type {kind:?} is not one of {}", config.types.join(", "));
        return Some(Broken::new("not-conventional", what, "choose one of them"));
    }
    let scopes = || config.scopes.join(", ");
    match scope {
        None if config.require_scope => {
            let known = if config.scopes.is_empty() { String::new() } else { format!("; known are {}", scopes()) };
            Some(Broken::new("scope-missing", format!("the subject has no scope{known}"), format!("write it as {kind}(scope): text")))
        }
        Some(scope) if !config.scopes.is_empty() && !config.scopes.iter().any(|known| known == scope) => {
            Some(Broken::new("unknown-scope", format!("the scope {scope:?} is not one of {}", scopes()), "choose one of them"))
        }
        _ if breaking && config.explain_breaking && !is_explained(message) => {
            let how = "add a line BREAKING CHANGE: what breaks, and what to do";
            Some(Broken::new("breaking-unexplained", "breaks something (!) and does not say what", how))
        }
        _ => None,
    }
}

fn is_explained(message: &str) -> bool {
    message.lines().any(|line| {
        let text = line.strip_prefix("BREAKING CHANGE: ").or_else(|| line.strip_prefix("BREAKING-CHANGE: "));
        text.is_some_and(|text| !text.trim().is_empty())
    })
}
