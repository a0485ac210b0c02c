//! What the pusher is told.

use hardie_plugin::{NewObject, RefUpdate, Verdicts, reject};

use crate::config::Config;
use crate::shown::Shown;

/// A secret in a file.
pub struct Finding {
    /// The versions of the file that have it: one at least.
    pub objects: Vec<NewObject>,
    /// The rule that found it.
    pub rule: &'static str,
    /// What is told of it.
    pub shown: Shown,
}

/// Refuses an update that brings these.
pub fn findings(verdicts: &mut Verdicts, update: &RefUpdate, findings: &[&Finding]) {
    let Some(first) = findings.first() else { return };
    let count = if findings.len() == 1 { "a secret".to_owned() } else { format!("{} secrets", findings.len()) };
    reject!(verdicts, update, first.rule,
        "{} would get {}, and whoever reads this repository would have it", update.short_name(), count;
        "  take it out of every commit that has it: git commit --amend for the last one, git rebase -i for older ones; then push again";
        "  change the secret where it was issued if anybody else may have seen it: a later commit that removes it does not help";
        "  if it is none: write hardie:allow-secret in a comment on its line, or have its fingerprint allowed by whoever set up this policy");
    for finding in findings {
        let Some(object) = finding.objects.first() else { continue };
        let path = String::from_utf8_lossy(&object.path);
        let commit = object.commit.as_ref().map_or("the tag".to_owned(), |id| format!("commit {}", id.short()));
        reject!(verdicts, update, first.rule,
            "[{}, {}] {}:{}: {}", finding.rule, commit, path, finding.shown.line, finding.shown.text;
            "  fingerprint {}", finding.shown.fingerprint);
    }
}

/// Refuses an update that may bring what was not looked for any more.
pub fn stopped(verdicts: &mut Verdicts, update: &RefUpdate, most: usize) {
    let name = update.short_name();
    reject!(verdicts, update, "too-many-secrets",
        "this push has {} secrets or more, and the search for those of {} ended there", most, name;
        "  push {} alone", name);
}

/// What was not read.
#[derive(Default)]
pub struct Unread {
    /// Files of which only the beginning was.
    pub in_part: Vec<String>,
    /// There is more text than is read of one push.
    pub more: bool,
    /// What is under paths that are not read may be elsewhere too, and the history is too long to find out.
    pub aside: bool,
}

impl Unread {
    /// Tells the pusher, or refuses if the settings say so.
    pub fn say(&self, config: &Config, verdicts: &mut Verdicts, update: &RefUpdate) {
        if let Some(first) = self.in_part.first() {
            let others = self.in_part.len() - 1;
            let others = if others == 0 { String::new() } else { format!(" and {others} more") };
            let what = format!("of {first}{others} only the beginning was searched for secrets (max-file is {})", config.max_file);
            match config.refuse_unread {
                true => reject!(verdicts, update, "too-much-text", "{}", what; "  have max-file raised, or the path put into allow-paths"),
                false => verdicts.warn(update, what),
            }
        }
        let steps = format!("git push origin <older commit>:{}", String::from_utf8_lossy(&update.name));
        for what in [
            (self.more, "this push has more text than is searched for secrets at once"),
            (self.aside, "this push is too large to tell whether files of paths that are not searched are elsewhere too"),
        ]
        .into_iter()
        .filter_map(|(is, what)| is.then_some(what))
        {
            match config.refuse_unread {
                true => reject!(verdicts, update, "too-much-text", "{}", what; "  push in steps: {}", steps),
                false => verdicts.warn(update, format!("{what}; push in smaller steps to have all of it searched")),
            }
        }
    }
}
