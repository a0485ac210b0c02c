//! What a policy answers.

use crate::bindings::hardie::plugin::types::{RefVerdict, Rejection};
use crate::push::{Push, RefUpdate};

/// The server shows 40 lines of one rejection; the rest would be cut without saying what it was.
const LINES: usize = 38;

/// One verdict for each update of a push: accepted, until something speaks against it.
#[derive(Clone, Debug, Default)]
pub struct Verdicts {
    updates: Vec<Verdict>,
}

#[derive(Clone, Debug, Default)]
struct Verdict {
    code: Option<String>,
    lines: Vec<String>,
    more: usize,
    warnings: Vec<String>,
}

impl Verdicts {
    /// Accepts every update of this push.
    pub fn accept(push: &Push<'_>) -> Verdicts {
        Verdicts { updates: vec![Verdict::default(); push.updates().len()] }
    }

    /// Refuses an update. `code` is the rule's short name (a-z, 0-9 and `-`), `lines` say what is wrong and how to mend it.
    ///
    /// May be called again for the same update: the first rule names the rejection, the lines add up, so that the pusher sees
    /// everything at once. Past 38 lines only their number is kept.
    pub fn reject(&mut self, update: &RefUpdate, code: &str, lines: impl IntoIterator<Item = String>) {
        let Some(verdict) = self.updates.get_mut(update.index as usize) else { return };
        verdict.code.get_or_insert_with(|| code.to_owned());
        let mut new: Vec<String> = lines.into_iter().collect();
        // A reason and its remedy stay together or are counted together.
        if verdict.more > 0 || verdict.lines.len() + new.len() > LINES {
            verdict.more += 1;
        } else {
            verdict.lines.append(&mut new);
        }
    }

    /// Tells the pusher something without refusing.
    pub fn warn(&mut self, update: &RefUpdate, line: impl Into<String>) {
        if let Some(verdict) = self.updates.get_mut(update.index as usize)
            && verdict.warnings.len() < LINES
        {
            verdict.warnings.push(line.into());
        }
    }

    /// The rule that refused an update, `None` if it is accepted. For tests.
    pub fn code(&self, update: usize) -> Option<&str> {
        self.updates.get(update)?.code.as_deref()
    }

    /// What the pusher would be told about an update. For tests.
    pub fn lines(&self, update: usize) -> Vec<String> {
        self.updates.get(update).map(Verdict::all_lines).unwrap_or_default()
    }

    /// The warnings of an update. For tests.
    pub fn warnings(&self, update: usize) -> &[String] {
        self.updates.get(update).map(|verdict| verdict.warnings.as_slice()).unwrap_or_default()
    }

    pub(crate) fn into_answer(self) -> Vec<RefVerdict> {
        let verdicts = self.updates.into_iter().zip(0u32..);
        verdicts
            .map(|(verdict, update)| RefVerdict {
                update,
                rejection: verdict.code.clone().map(|code| Rejection { code, lines: verdict.all_lines() }),
                warnings: verdict.warnings,
            })
            .collect()
    }
}

impl Verdict {
    fn all_lines(&self) -> Vec<String> {
        let more = (self.more > 0).then(|| format!("… and {} more of the kind", self.more));
        self.lines.iter().cloned().chain(more).collect()
    }
}

/// Refuses an update with formatted lines, one for each part between semicolons.
///
/// ```
/// # use hardie_plugin::{Error, Policy, Push, Repository, Verdicts, reject};
/// # fn check(push: &Push<'_>) -> Verdicts {
/// let mut verdicts = Verdicts::accept(push);
/// for update in push.updates() {
///     if !update.is_branch() {
///         reject!(verdicts, update, "branches-only",
///             "{} is not a branch", update.short_name();
///             "push a branch instead");
///     }
/// }
/// verdicts
/// # }
/// ```
#[macro_export]
macro_rules! reject {
    ($verdicts:expr, $update:expr, $code:expr, $($format:literal $(, $argument:expr)*);+ $(;)?) => {
        $verdicts.reject(&$update, $code, [$(format!($format $(, $argument)*)),+])
    };
}
