//! A message in the form of each chat. Whatever people wrote goes through [`text`]: it can mention nobody, link nowhere and format nothing.

use serde_json::{Value, json};

use crate::config::Format;
use crate::message::{Message, Piece};

/// Breaks a mention without being seen.
const BREAK: char = '\u{200b}';
/// Discord refuses longer ones.
const DISCORD: usize = 2000;

/// The body of the request.
pub fn body(format: Format, message: &Message) -> Value {
    match format {
        Format::Slack => json!({ "text": joined(message, format, "\n"), "unfurl_links": false, "unfurl_media": false }),
        Format::Mattermost => json!({ "text": joined(message, format, "  \n") }),
        Format::Discord => {
            // Suppresses previews (flag 4) and mentions, even those that would get through.
            json!({ "content": within(message, format, DISCORD), "allowed_mentions": { "parse": [] }, "flags": 4 })
        }
        Format::Matrix => {
            let plain: Vec<String> = message.iter().map(|line| line.iter().map(plain).collect()).collect();
            json!({
                "msgtype": "m.notice", "body": plain.join("\n"), "format": "org.matrix.custom.html",
                "formatted_body": joined(message, format, "<br>"), "m.mentions": {},
            })
        }
    }
}

fn joined(message: &Message, format: Format, between: &str) -> String {
    let lines: Vec<String> = message.iter().map(|line| line.iter().map(|piece| rendered(format, piece)).collect()).collect();
    lines.join(between)
}

/// Whole lines up to a length in characters.
fn within(message: &Message, format: Format, most: usize) -> String {
    let mut out = String::new();
    for line in message {
        let line: String = line.iter().map(|piece| rendered(format, piece)).collect();
        if out.chars().count() + line.chars().count() + 3 > most {
            out.push_str("\n…");
            break;
        }
        let between = if out.is_empty() { "" } else { "\n" };
        out.push_str(between);
        out.push_str(&line);
    }
    out
}

fn rendered(format: Format, piece: &Piece) -> String {
    match (format, piece) {
        (_, Piece::Text(plain)) => text(format, plain),
        (Format::Slack, Piece::Strong(plain)) => format!("*{}*", text(format, plain)),
        (Format::Slack, Piece::Link { text: plain, url }) => format!("<{url}|{}>", text(format, plain).replace('|', "¦")),
        (Format::Mattermost | Format::Discord, Piece::Strong(plain)) => format!("**{}**", text(format, plain)),
        (Format::Mattermost | Format::Discord, Piece::Link { text: plain, url }) => format!("[{}]({url})", text(format, plain)),
        (Format::Matrix, Piece::Strong(plain)) => format!("<strong>{}</strong>", text(format, plain)),
        (Format::Matrix, Piece::Link { text: plain, url }) => format!("<a href=\"{url}\">{}</a>", text(format, plain)),
    }
}

/// A text that somebody wrote.
fn text(format: Format, plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        match (format, c) {
            (_, '@') => out.extend(['@', BREAK]),
            (Format::Slack | Format::Matrix, '&') => out.push_str("&amp;"),
            (Format::Slack | Format::Matrix, '<') => out.push_str("&lt;"),
            (Format::Slack | Format::Matrix, '>') => out.push_str("&gt;"),
            (Format::Matrix, '"') => out.push_str("&quot;"),
            // Slack has no escape for these; a space that is not seen keeps them from standing at a word's edge.
            (Format::Slack, '*' | '_' | '~' | '`') => out.extend([BREAK, c, BREAK]),
            (Format::Mattermost | Format::Discord, c) if c.is_ascii_punctuation() => {
                out.push('\\');
                out.push(c);
                // Addresses would become links all the same.
                if c == ':' {
                    out.push(BREAK);
                }
            }
            (Format::Slack, ':') => out.extend([':', BREAK]),
            (_, c) => out.push(c),
        }
    }
    out
}

fn plain(piece: &Piece) -> String {
    let (Piece::Text(plain) | Piece::Strong(plain) | Piece::Link { text: plain, .. }) = piece;
    plain.replace('@', &format!("@{BREAK}"))
}
