//! Issues that a message must name.

use crate::config::Config;
use crate::rules::Broken;

/// Whether an issue of one of the trackers is named anywhere.
pub fn check(config: &Config, message: &str) -> Option<Broken> {
    if config.issue_keys.is_empty() || config.issue_keys.iter().any(|key| names(message, key)) {
        return None;
    }
    let samples: Vec<String> =
        config.issue_keys.iter().map(|key| if key == "#" { "#123".to_owned() } else { format!("{key}-123") }).collect();
    let samples = samples.join(" or ");
    Some(Broken::new("issue-missing", format!("names no issue, such as {samples}"), format!("name it, such as {samples}")))
}

/// `ABC-123`, `#123`, not as a part of another word.
fn names(message: &str, key: &str) -> bool {
    message.match_indices(key).any(|(at, _)| {
        let before = message.get(..at).and_then(|text| text.chars().next_back());
        let behind = message.get(at + key.len()..).unwrap_or_default();
        let number = if key == "#" { Some(behind) } else { behind.strip_prefix('-') };
        let digits = number.map_or(0, |number| number.bytes().take_while(u8::is_ascii_digit).count());
        let end = number.and_then(|number| number.get(digits..)).and_then(|rest| rest.chars().next());
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        digits > 0 && !part(before) && !part(end)
    })
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn an_issue_is_a_word_of_its_own() {
        for (text, key) in [("ABC-1: x", "ABC"), ("see (ABC-12)", "ABC"), ("x\n\nFixes #7.", "#"), ("ABC-x ABC-3", "ABC")] {
            assert!(names(text, key), "{text}");
        }
        for (text, key) in [("XABC-1", "ABC"), ("ABC-", "ABC"), ("ABC-1x", "ABC"), ("ABC 1", "ABC"), ("C#7", "#"), ("# 7", "#")] {
            assert!(!names(text, key), "{text}");
        }
    }
}
