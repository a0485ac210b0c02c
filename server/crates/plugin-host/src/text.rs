//! Text from plugins on its way to terminals and pages: nothing in it may move a cursor, hide, or pose as another line.

/// Stands for what was taken out.
const REPLACEMENT: char = '\u{FFFD}';

/// One line of at most `columns` characters. Control and bidirectional characters are replaced, a tab becomes a space, and a
/// cut line ends in `…`.
pub(crate) fn line(text: &str, columns: usize) -> String {
    let mut out = String::new();
    for (column, c) in text.trim_end_matches(['\r', '\n']).chars().enumerate() {
        if column + 1 >= columns && text.chars().nth(columns).is_some() {
            out.push('…');
            break;
        }
        out.push(printable(c));
    }
    out
}

/// Splits at line ends and cleans each line; at most `lines`, the last one saying how many are missing.
pub(crate) fn lines<'a>(texts: impl Iterator<Item = &'a str>, lines: usize, columns: usize) -> Vec<String> {
    let mut all = texts.flat_map(|text| text.split('\n'));
    let mut out: Vec<String> = all.by_ref().take(lines).map(|text| line(text, columns)).collect();
    let missing = all.count();
    if missing > 0 {
        out.pop();
        out.push(format!("… and {} more lines", missing + 1));
    }
    out
}

fn printable(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() || is_deceptive(c) => REPLACEMENT,
        c => c,
    }
}

/// Characters that reorder, hide or break lines without being controls (Unicode categories Cf, Zl, Zp where it matters).
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::{line, lines};

    #[test]
    fn terminal_controls_and_bidirectional_overrides_are_replaced() {
        assert_eq!(line("a\u{1b}[2Jb\rc\u{202e}d\te", 80), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d e");
        assert_eq!(line("\u{85}\u{2028}\u{200b}", 80), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(line("ünïcödé 漢字\n", 80), "ünïcödé 漢字");
    }

    #[test]
    fn long_lines_are_cut_and_say_so() {
        assert_eq!(line("abcdef", 6), "abcdef");
        assert_eq!(line("abcdefg", 6), "abcde…");
    }

    #[test]
    fn many_lines_are_cut_and_counted() {
        let text = "1\n2\n3\n4\n5";
        assert_eq!(lines([text].into_iter(), 3, 80), ["1", "2", "… and 3 more lines"]);
        assert_eq!(lines([text].into_iter(), 5, 80).len(), 5);
    }
}
