//! Long lists of lines as one HTML text. Pure, so that it is tested anywhere.

use hardie_api_types::diff::DiffHunk;

/// Lines in one chunk, which a browser need not lay out before it is seen.
const CHUNK: usize = 200;

/// Lines of a file: each is HTML from the server in which only `<span class>` occurs.
pub fn lines(lines: &[String]) -> String {
    let mut html = String::with_capacity(lines.iter().map(|line| line.len() + 64).sum());
    for (chunk, lines) in lines.chunks(CHUNK).enumerate() {
        html.push_str("<div class=\"chunk\">");
        for (index, line) in lines.iter().enumerate() {
            html.push_str(&line_html(chunk * CHUNK + index + 1, line));
        }
        html.push_str("</div>");
    }
    html
}

/// One line, whose number is a link to it. `line` is HTML from the server.
pub fn line_html(number: usize, line: &str) -> String {
    format!(
        "<div class=\"line\" id=\"L{number}\"><a class=\"ln\" href=\"#L{number}\" data-n=\"{number}\" aria-label=\"Line {number}\"></a><code>{line}\n</code></div>"
    )
}

/// Hunks of a diff.
pub fn hunks(hunks: &[DiffHunk]) -> String {
    let mut html = String::new();
    for hunk in hunks {
        html.push_str("<tbody><tr class=\"hunk\"><td colspan=\"2\"></td><td><code>");
        escape_into(&hunk.header, &mut html);
        html.push_str("</code></td></tr>");
        for line in &hunk.lines {
            let (class, sign, spoken) = match line.kind.as_str() {
                "add" => ("add", "+", "added"),
                "del" => ("del", "-", "removed"),
                "eof" => ("eof", "", ""),
                _ => ("", " ", ""),
            };
            let number = |number: Option<i64>| number.map_or(String::new(), |number| number.to_string());
            html.push_str(&format!(
                "<tr class=\"{class}\"><td class=\"num\" data-n=\"{}\"></td><td class=\"num\" data-n=\"{}\"></td><td><code data-sign=\"{sign}\"{}>{}</code></td></tr>",
                number(line.old),
                number(line.new),
                if spoken.is_empty() { String::new() } else { format!(" title=\"{spoken}\"") },
                line.html
            ));
        }
        html.push_str("</tbody>");
    }
    html
}

fn escape_into(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_an_anchor() {
        let html = lines(&vec!["x".to_owned(); 201]);
        assert_eq!(html.matches("class=\"chunk\"").count(), 2);
        assert!(html.contains("id=\"L201\""));
    }

    #[test]
    fn a_hunk_header_cannot_bring_markup() {
        let hunk = DiffHunk {
            header: "@@ -1 +1 @@ <img src=x onerror=\"a()\">".into(),
            old_start: 1,
            old_lines: 1,
            new_start: 1,
            new_lines: 1,
            lines: vec![],
        };
        let html = hunks(&[hunk]);
        assert!(!html.contains("<img") && html.contains("&lt;img"), "{html}");
    }
}
