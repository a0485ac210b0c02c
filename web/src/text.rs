//! Small texts that pages share: sizes, counts, times in words, percent-encoding. Pure, so that they are tested anywhere.

/// Percent-encodes one segment of a path or one value of a query (RFC 3986, unreserved kept).
pub fn encode_segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out
}

/// Undoes percent-encoding for people's eyes: what is not UTF-8 is replaced, a stray `%` stays.
pub fn percent_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|b| char::from(*b).to_digit(16));
        if *byte == b'%'
            && let (Some(high), Some(low)) = (digit(1), digit(2))
        {
            // Two hexadecimal digits fit a byte.
            out.push((high * 16 + low) as u8);
            at += 3;
            continue;
        }
        out.push(*byte);
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Bytes for people: `1.4 kB`, in powers of 1,000 as file managers do.
pub fn bytes(count: i64) -> String {
    let count = count.max(0);
    if count < 1_000 {
        return format!("{count} B");
    }
    let (mut size, mut shown) = (1, String::new());
    for unit in ["kB", "MB", "GB", "TB"] {
        size *= 1_000;
        shown = format!("{} {unit}", tenths(count, size));
        if count < size * 1_000 - size / 20 {
            break;
        }
    }
    shown
}

/// So many units, with one decimal: printing a fraction would bring five kilobytes of code along.
pub fn tenths(count: i64, unit: i64) -> String {
    let tenths = count.max(0).saturating_add(unit / 20) / (unit / 10).max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A number with its noun: `1 commit`, `20,000 commits`.
pub fn count(number: i64, noun: &str) -> String {
    let plural = match (noun.strip_suffix('y'), noun.strip_suffix('h')) {
        _ if number == 1 => noun.to_owned(),
        (Some(stem), _) => format!("{stem}ies"),
        (None, Some(_)) => format!("{noun}es"),
        (None, None) => format!("{noun}s"),
    };
    format!("{} {plural}", grouped(number))
}

/// Thousands set apart.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if number < 0 { format!("-{out}") } else { out }
}

/// How long ago, in words. Both in milliseconds since 1970.
pub fn ago(then: i64, now: i64) -> String {
    let seconds = now.saturating_sub(then) / 1_000;
    let (amount, unit) = match seconds.unsigned_abs() {
        0..=44 => return if seconds >= 0 { "just now".into() } else { "in a moment".into() },
        s @ 45..=2_699 => ((s + 30) / 60, "minute"),
        s @ 2_700..=79_199 => ((s + 1_800) / 3_600, "hour"),
        s @ 79_200..=2_591_999 => ((s + 43_200) / 86_400, "day"),
        s @ 2_592_000..=31_535_999 => ((s / 2_592_000), "month"),
        s => (s / 31_536_000, "year"),
    };
    let amount = amount.max(1);
    let plural = if amount == 1 { "" } else { "s" };
    if seconds >= 0 { format!("{amount} {unit}{plural} ago") } else { format!("in {amount} {unit}{plural}") }
}

/// A message of the API as a sentence. They are for programs and people alike: lower case, no full stop. A first word that may be
/// somebody's name, or a field's, stays as it is.
pub fn sentence(message: &str) -> String {
    const OURS: [&str; 20] = [
        "a", "an", "another", "at", "it", "no", "nobody", "nothing", "only", "sign", "somebody", "the", "there", "these", "this", "too",
        "what", "wrong", "you", "your",
    ];
    let mut chars = message.chars();
    let Some(first) = chars.next() else { return "The server gave no reason.".to_owned() };
    let end = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    match message.split_once(' ').is_some_and(|(word, _)| OURS.contains(&word)) {
        true => format!("{}{}{end}", first.to_ascii_uppercase(), chars.as_str()),
        false => format!("{message}{end}"),
    }
}

/// With a capital at its beginning, for words of ours.
pub fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// Seven digits of an id, as git shows it.
pub fn short(sha: &str) -> &str {
    sha.get(..7).unwrap_or(sha)
}

/// The first line of a message.
pub fn title(message: &str) -> &str {
    message.lines().next().unwrap_or("")
}

/// The last part of a path, encoded or not.
pub fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The path above, without the last part.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}

/// Whether a path's name tells a file: an extension, or one of the names that have none.
pub fn looks_like_a_file(path: &str) -> bool {
    let name = last_segment(path);
    let has_extension = name.rsplit_once('.').is_some_and(|(stem, extension)| !stem.is_empty() && !extension.is_empty());
    let known = ["LICENSE", "Makefile", "Dockerfile", "README", "COPYING", "AUTHORS", "NOTICE", "CODEOWNERS", "Justfile"];
    has_extension || known.contains(&name)
}

/// How far a branch is from another: `2 ahead, 5 behind`; nothing where it is not known.
pub fn distance(ahead: Option<i64>, behind: Option<i64>) -> Option<String> {
    match (ahead?, behind?) {
        (0, 0) => Some("even".to_owned()),
        (ahead, 0) => Some(format!("{} ahead", grouped(ahead))),
        (0, behind) => Some(format!("{} behind", grouped(behind))),
        (ahead, behind) => Some(format!("{} ahead, {} behind", grouped(ahead), grouped(behind))),
    }
}

/// The lines that an address names: `#L3` or `#L3-L7`, in either order.
pub fn line_range(hash: &str) -> Option<(usize, usize)> {
    let rest = hash.strip_prefix("#L")?;
    let (first, last) = rest.split_once('-').unwrap_or((rest, rest));
    let (first, last): (usize, usize) = (first.parse().ok()?, last.trim_start_matches('L').parse().ok()?);
    Some((first.min(last), first.max(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_read_well() {
        assert_eq!(
            [bytes(0), bytes(999), bytes(1_400), bytes(999_990), bytes(5_200_000_000)],
            ["0 B", "999 B", "1.4 kB", "1.0 MB", "5.2 GB"]
        );
        assert_eq!(
            [count(1, "commit"), count(0, "branch"), count(20_000, "commit"), count(2, "delivery")],
            ["1 commit", "0 branches", "20,000 commits", "2 deliveries"]
        );
        assert_eq!(grouped(-1_234_567), "-1,234,567");
    }

    #[test]
    fn moments_are_told_in_words() {
        let now = 1_700_000_000_000;
        let told = |seconds: i64| ago(now - seconds * 1_000, now);
        assert_eq!([told(3), told(60), told(3_600), told(90_000)], ["just now", "1 minute ago", "1 hour ago", "1 day ago"]);
        assert_eq!([told(86_400 * 40), told(86_400 * 800), told(-7_200)], ["1 month ago", "2 years ago", "in 2 hours"]);
        assert!(!ago(i64::MIN, i64::MAX).is_empty());
    }

    #[test]
    fn a_message_becomes_a_sentence_but_a_name_keeps_its_case() {
        assert_eq!(sentence("the name is taken"), "The name is taken.");
        assert_eq!(sentence("ann has another repository named tool by now"), "ann has another repository named tool by now.");
        assert_eq!(sentence(""), "The server gave no reason.");
    }

    #[test]
    fn encoding_keeps_every_text() {
        for text in ["main", "feature/x", "a b%2F", "ä€😀", ""] {
            assert_eq!(percent_decode(&encode_segment(text)), text);
        }
        assert_eq!(percent_decode("100%"), "100%");
        assert_eq!(percent_decode("%zz%4"), "%zz%4");
    }

    #[test]
    fn names_tell_files_from_directories_often_enough() {
        for file in ["src/main.rs", "LICENSE", "a/b/Makefile", ".config.toml"] {
            assert!(looks_like_a_file(file), "{file}");
        }
        for directory in ["src", "a/b", ".github", "docs/design"] {
            assert!(!looks_like_a_file(directory), "{directory}");
        }
    }

    #[test]
    fn a_distance_names_the_sides_that_differ() {
        let said = |ahead, behind| distance(Some(ahead), Some(behind)).unwrap();
        assert_eq!([said(2, 5), said(2, 0), said(0, 5000), said(0, 0)], ["2 ahead, 5 behind", "2 ahead", "5,000 behind", "even"]);
        assert_eq!(distance(None, None), None);
    }

    #[test]
    fn ranges_are_read_in_either_order() {
        assert_eq!(line_range("#L3"), Some((3, 3)));
        assert_eq!(line_range("#L7-L3"), Some((3, 7)));
        assert_eq!(line_range("#L3-7"), Some((3, 7)));
        for none in ["", "#", "#l3", "#L", "#Lx-L3", "#readme"] {
            assert_eq!(line_range(none), None, "{none}");
        }
    }
}
