//! How these pages are written: text is escaped, and nothing on them runs.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse as _, Response};

/// No script, no frame, no other site.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}\
    label,input{display:block;width:100%;box-sizing:border-box}input{margin:.2rem 0 1rem;padding:.5rem;font:inherit}\
    button{padding:.5rem 1rem;font:inherit}";

/// One field of a form.
pub struct Field {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    /// What the browser may fill in.
    fill: &'static str,
    value: String,
}

impl Field {
    /// A line.
    pub fn text(name: &'static str, label: &'static str) -> Field {
        Field { name, label, kind: "text", fill: "username", value: String::new() }
    }

    /// An address.
    pub fn email(name: &'static str, label: &'static str) -> Field {
        Field { name, label, kind: "email", fill: "email", value: String::new() }
    }

    /// A new password.
    pub fn password(name: &'static str, label: &'static str) -> Field {
        Field { name, label, kind: "password", fill: "new-password", value: String::new() }
    }

    /// What the page knows already.
    pub fn hidden(name: &'static str, value: &str) -> Field {
        Field { name, label: "", kind: "hidden", fill: "off", value: value.to_owned() }
    }

    fn html(&self) -> String {
        let Field { name, label, kind, fill, value } = self;
        let value = escaped(value);
        let input = format!("<input id=\"{name}\" name=\"{name}\" type=\"{kind}\" autocomplete=\"{fill}\" value=\"{value}\"");
        match *kind {
            "hidden" => format!("{input}>"),
            _ => format!("<label for=\"{name}\">{label}</label>{input} required>"),
        }
    }
}

/// A form that is sent to the page of this name.
pub fn form(action: &str, words: &str, button: &str, fields: &[Field]) -> String {
    let fields: String = fields.iter().map(Field::html).collect();
    format!("<p>{}</p><form method=\"post\" action=\"{action}\">{fields}<button>{button}</button></form>", escaped(words))
}

/// A text alone.
pub fn said(words: &str) -> String {
    format!("<p role=\"status\">{}</p><p><a href=\"../user/login\">Sign in</a></p>", escaped(words))
}

/// A whole page. `inside` is HTML.
pub fn page(title: &str, inside: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>{inside}</main></body></html>\n"
    );
    let mut response = html.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // No other site learns the address, which holds a secret; our own server must learn where a form comes from.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_holds_cannot_leave_its_attribute() {
        let html = form("reset", "a < b", "Go", &[Field::hidden("token", "\"><script>alert(1)</script>&'")]);
        assert!(
            !html.contains("<script") && html.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;\""),
            "{html}"
        );
        assert!(html.contains("a &lt; b"), "{html}");
    }
}
