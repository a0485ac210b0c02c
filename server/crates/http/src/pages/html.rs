//! How these pages are written: text is escaped, and nothing on them runs.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse as _, Response};

use crate::reference::text as escaped;

const STYLE: &str = include_str!("style.css");
/// The UI's own sign, in the colours of the page.
const BRAND: &str = "<svg viewBox=\"0 0 32 32\" aria-hidden=\"true\">\
    <path fill=\"var(--brand)\" d=\"M11 3h10l-3.2 11h-3.6z\"/><path fill=\"var(--iron)\" \
    d=\"M3 15h26c-1 4.2-4.3 6.4-8.8 6.9L21 25h4v4H7v-4h4l.8-3.1C7.3 21.4 4 19.2 3 15z\"/></svg>Hardie";

/// No script, no frame, no other site but one to which a form may lead; empty for none.
pub fn policy(target: &str) -> String {
    let space = if target.is_empty() { "" } else { " " };
    format!("default-src 'none'; style-src 'unsafe-inline'; form-action 'self'{space}{target}; base-uri 'none'; frame-ancestors 'none'")
}

/// One field of a form.
pub struct Field {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    /// What the browser may fill in.
    fill: &'static str,
    value: String,
    required: bool,
}

impl Field {
    /// A line, and what was typed before.
    pub fn text(name: &'static str, label: &'static str, value: &str) -> Field {
        let fill = if name == "username" { name } else { "off" };
        Field { name, label, kind: "text", fill, value: value.to_owned(), required: true }
    }

    /// An address.
    pub fn email(name: &'static str, label: &'static str, value: &str) -> Field {
        Field { name, label, kind: "email", fill: "email", value: value.to_owned(), required: true }
    }

    /// A new password. It is never sent back.
    pub fn password(name: &'static str, label: &'static str) -> Field {
        Field { name, label, kind: "password", fill: "new-password", value: String::new(), required: true }
    }

    /// A password that is one already.
    pub fn known_password(name: &'static str, label: &'static str) -> Field {
        Field { fill: "current-password", ..Field::password(name, label) }
    }

    /// A code of a second factor, which not everybody has.
    pub fn code(name: &'static str, label: &'static str) -> Field {
        Field { fill: "one-time-code", required: false, ..Field::text(name, label, "") }
    }

    /// What the page knows already.
    pub fn hidden(name: &'static str, value: &str) -> Field {
        Field { name, label: "", kind: "hidden", fill: "off", value: value.to_owned(), required: false }
    }

    fn is_hidden(&self) -> bool {
        self.kind == "hidden"
    }

    /// Whether a refusal that names this is about what was filled in here. What a password may be is one rule, whatever the field is called.
    fn is_meant_by(&self, name: &str) -> bool {
        !self.is_hidden() && (self.name == name || (name == "password" && self.kind == "password"))
    }

    fn html(&self, is_wrong: bool, is_first: bool) -> String {
        let Field { name, label, kind, fill, value, required } = self;
        let value = escaped(value);
        let input = format!("<input id=\"{name}\" name=\"{name}\" type=\"{kind}\" autocomplete=\"{fill}\" value=\"{value}\"");
        if self.is_hidden() {
            return format!("{input}>");
        }
        let required = if *required { " required" } else { "" };
        let wrong = if is_wrong { " aria-invalid=\"true\" aria-describedby=\"problem\"" } else { "" };
        let first = if is_first { " autofocus" } else { "" };
        format!("<label for=\"{name}\">{label}</label>{input} autocapitalize=\"none\" spellcheck=\"false\"{required}{wrong}{first}>")
    }
}

/// A form that is sent to a page of ours.
pub struct Form {
    /// What the page is called.
    pub title: &'static str,
    /// The page, below `/login/`.
    pub action: &'static str,
    /// What stands above the fields.
    pub words: &'static str,
    /// What stands on the button.
    pub button: &'static str,
    /// What is to be filled in.
    pub fields: Vec<Field>,
}

impl Form {
    /// As it is shown first.
    pub fn page(&self) -> Response {
        page(self.title, &self.html(None, None))
    }

    /// As it is shown again after it could not be done, if another try can mend that: `field` is what was wrong, if it was one.
    pub fn again(&self, field: Option<&str>, problem: &str) -> Option<Response> {
        let can_mend = match field {
            Some(name) => self.fields.iter().any(|field| field.is_meant_by(name)),
            None => self.fields.iter().any(|field| !field.is_hidden()),
        };
        can_mend.then(|| page(self.title, &self.html(field, Some(problem))))
    }

    /// Inside a page. `wrong` is the field that was wrong, `problem` what is to be mended.
    pub fn html(&self, wrong: Option<&str>, problem: Option<&str>) -> String {
        let Form { action, words, button, fields, .. } = self;
        let is_wrong = |field: &Field| wrong.is_some_and(|name| field.is_meant_by(name));
        let first = fields.iter().find(|field| if wrong.is_some() { is_wrong(field) } else { !field.is_hidden() });
        let first = first.map(|field| field.name);
        let fields: String = fields.iter().map(|field| field.html(is_wrong(field), first == Some(field.name))).collect();
        let problem = problem.map(|text| format!("<p id=\"problem\" role=\"alert\">{}</p>", escaped(text))).unwrap_or_default();
        let words = if words.is_empty() { String::new() } else { format!("<p class=\"muted\">{}</p>", escaped(words)) };
        format!("{words}{problem}<form method=\"post\" action=\"{action}\">{fields}<button>{button}</button></form>")
    }
}

/// What a form carries that is not filled in.
pub fn hidden(name: &'static str, value: &str) -> String {
    Field::hidden(name, value).html(false, false)
}

/// A text alone.
pub fn said(words: &str) -> String {
    format!("<p role=\"status\">{}</p>", escaped(words))
}

/// A whole page for somebody who comes in, right below `/login/`. `inside` is HTML.
pub fn page(title: &str, inside: &str) -> Response {
    page_below("../", title, inside)
}

/// The same at another place; `root` is the way from it to the UI.
pub fn page_below(root: &str, title: &str, inside: &str) -> Response {
    framed(root, &format!("<a href=\"{root}user/login\">Sign in</a>"), title, inside)
}

/// A whole page for somebody who is in.
pub fn page_within(root: &str, title: &str, inside: &str) -> Response {
    framed(root, &format!("<a href=\"{root}user/settings\">Your settings</a>"), title, inside)
}

fn framed(root: &str, foot: &str, title: &str, inside: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>{title} · Hardie</title><style>{STYLE}</style></head>\
         <body><header><a class=\"brand\" href=\"{root}\">{BRAND}</a></header><main><h1>{title}</h1>{inside}</main>\
         <footer>{foot}</footer></body></html>\n"
    );
    let mut response = html.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Ok(policy) = HeaderValue::from_str(&policy("")) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    // No other site learns the address, which holds a secret; our own server must learn where a form comes from.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIL: &str = "\"><script>alert(1)</script>&'";

    fn form(fields: Vec<Field>) -> Form {
        Form { title: "Reset", action: "reset", words: "a < b", button: "Go", fields }
    }

    #[test]
    fn what_an_address_or_a_person_wrote_cannot_leave_its_attribute_or_its_text() {
        let form = form(vec![Field::hidden("token", EVIL), Field::text("username", "Name", EVIL)]);
        let html = form.html(Some("username"), Some(EVIL));
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;\"").count(), 2, "{html}");
        assert!(html.contains("a &lt; b") && html.contains("aria-invalid"), "{html}");
    }

    #[test]
    fn a_form_is_shown_again_where_that_helps_and_never_with_a_password() {
        let reset = form(vec![Field::hidden("token", "t"), Field::password("new_password", "New password")]);
        assert!(reset.again(Some("password"), "is too short").is_some());
        assert!(reset.again(Some("token"), "has expired").is_none() && reset.again(Some("email"), "x").is_none());
        assert!(form(vec![Field::hidden("token", "t")]).again(None, "gone").is_none());
        assert!(reset.html(None, None).contains("type=\"password\" autocomplete=\"new-password\" value=\"\""));
    }
}
