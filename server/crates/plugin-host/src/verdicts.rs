//! A guest's answer becomes verdicts: exactly one for each update, with text that is safe to show.

use hardie_domain::plugin::{Rejection, Verdict, is_short_name};

use crate::bindings::hardie::plugin::types::RefVerdict;
use crate::limits::Limits;
use crate::text;

/// Checks and cleans. The error says what was wrong with the answer.
pub(crate) fn checked(answer: Vec<RefVerdict>, updates: usize, limits: &Limits) -> Result<Vec<Verdict>, String> {
    let mut slots: Vec<Option<Verdict>> = vec![None; updates];
    for verdict in answer {
        let update = verdict.update as usize;
        match slots.get_mut(update) {
            None => return Err(format!("a verdict for update {update} of a push of {updates}")),
            Some(Some(_)) => return Err(format!("two verdicts for update {update}")),
            Some(slot) => *slot = Some(clean(verdict, limits)?),
        }
    }
    let missing = slots.iter().position(Option::is_none);
    match missing {
        Some(update) => Err(format!("no verdict for update {update}")),
        None => Ok(slots.into_iter().flatten().collect()),
    }
}

fn clean(verdict: RefVerdict, limits: &Limits) -> Result<Verdict, String> {
    let lines = |from: &[String]| text::lines(from.iter().map(String::as_str), limits.reply_lines, limits.reply_columns);
    let rejection = match verdict.rejection {
        None => None,
        Some(rejection) => {
            if !is_short_name(&rejection.code) {
                return Err(format!("{:?} is not the name of a rule (1 to 64 of a-z, 0-9 and -)", text::line(&rejection.code, 40)));
            }
            Some(Rejection { lines: lines(&rejection.lines), code: rejection.code })
        }
    };
    Ok(Verdict { update: verdict.update as usize, rejection, warnings: lines(&verdict.warnings) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::hardie::plugin::types;

    fn accept(update: u32) -> RefVerdict {
        RefVerdict { update, rejection: None, warnings: Vec::new() }
    }

    fn reject(update: u32, code: &str, lines: &[&str]) -> RefVerdict {
        let rejection = types::Rejection { code: code.into(), lines: lines.iter().map(ToString::to_string).collect() };
        RefVerdict { update, rejection: Some(rejection), warnings: Vec::new() }
    }

    #[test]
    fn unknown_doubled_and_missing_updates_are_refused() {
        let limits = Limits::default();
        assert!(checked(vec![accept(1), accept(0)], 2, &limits).is_ok());
        for bad in [vec![accept(0)], vec![accept(0), accept(0)], vec![accept(0), accept(1), accept(2)], vec![accept(u32::MAX)]] {
            assert!(checked(bad, 2, &limits).is_err());
        }
    }

    #[test]
    fn rule_names_are_held_to_their_alphabet() {
        for bad in ["", "Upper", "sp ace", "a\nb", &"x".repeat(65)] {
            assert!(checked(vec![reject(0, bad, &[])], 1, &Limits::default()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lines_that_pose_as_others_are_cleaned_and_cut() {
        let many = vec!["line"; 100];
        let verdicts = checked(vec![reject(0, "rule", &many)], 1, &Limits::default()).unwrap();
        assert_eq!(verdicts[0].rejection.as_ref().unwrap().lines.len(), 40);
        let forged = checked(vec![reject(0, "rule", &["ok\rremote: all good\u{1b}[1A", "a\nb"])], 1, &Limits::default()).unwrap();
        assert_eq!(forged[0].rejection.as_ref().unwrap().lines, ["ok\u{fffd}remote: all good\u{fffd}[1A", "a", "b"]);
    }
}
