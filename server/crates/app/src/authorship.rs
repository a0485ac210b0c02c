//! Who a commit or tag says has made it, and what it says, where it is made here.

use hardie_domain::error::Invalid;
use hardie_domain::host::host_of;
use hardie_domain::plugin::Signature;

use crate::{App, Ctx, Error, Result};

/// The most bytes of a message.
const MOST_MESSAGE: usize = 64 << 10;
/// The most bytes of a name or an address.
const MOST_NAME: usize = 255;

/// Name and address as somebody gives them; what is absent or empty is their account's: the address is then [`noreply`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// For people.
    pub name: Option<String>,
    /// The address.
    pub email: Option<String>,
}

/// When something was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Seconds since the epoch.
    pub seconds: i64,
    /// Offset from UTC in minutes, east positive.
    pub offset_minutes: i32,
}

/// Who asks, as commits show it.
#[derive(Clone, Debug)]
pub(crate) struct Doer {
    name: String,
    email: String,
    now: Moment,
}

impl Doer {
    /// From the account of the asker, at this moment.
    pub async fn find(app: &App, ctx: &Ctx) -> Result<Doer> {
        let account = app.store.find_account(ctx.require_actor()?.id).await?.ok_or(Error::NotFound("account"))?;
        let full_name = account.full_name.trim();
        let name = if objection(full_name).is_none() { full_name.to_owned() } else { account.name.to_string() };
        Ok(Doer { name, email: noreply(app, account.name.as_str()), now: Moment { seconds: app.clock.now().seconds(), offset_minutes: 0 } })
    }

    /// This person; what `given` does not say is the asker's. `fields` names the two for a refusal.
    pub fn signature(&self, given: Option<&Person>, at: Option<Moment>, fields: [&'static str; 2]) -> Result<Signature> {
        let [name_field, email_field] = fields;
        let of = |given: Option<&String>, own: &str| match given.map(|text| text.trim()) {
            None | Some("") => own.to_owned(),
            Some(text) => text.to_owned(),
        };
        let name = of(given.and_then(|person| person.name.as_ref()), &self.name);
        let email = of(given.and_then(|person| person.email.as_ref()), &self.email);
        if let Some(why) = objection(&name) {
            return Err(Invalid::new(name_field, why).into());
        }
        if let Some(why) = objection(&email).filter(|_| !email.is_empty()) {
            return Err(Invalid::new(email_field, why).into());
        }
        if email.contains(char::is_whitespace) {
            return Err(Invalid::new(email_field, "must hold no space").into());
        }
        let Moment { seconds, offset_minutes } = at.unwrap_or(self.now);
        if seconds < 0 {
            return Err(Invalid::new("dates", "git has no dates before 1970").into());
        }
        Ok(Signature { name: name.into_bytes(), email: email.into_bytes(), seconds, offset_minutes })
    }

    /// The asker alone, now.
    pub fn own(&self) -> Result<Signature> {
        self.signature(None, None, ["name", "email"])
    }
}

/// The address of an account in what is made here: a commit is there for everybody and for ever, so it never tells the real one.
pub(crate) fn noreply(app: &App, login: &str) -> String {
    format!("{login}@{}", noreply_host(app))
}

/// The account's name in an address that [`noreply`] made.
pub(crate) fn login_of<'a>(app: &App, address: &'a str) -> Option<&'a str> {
    let (login, host) = address.split_once('@')?;
    host.eq_ignore_ascii_case(&noreply_host(app)).then_some(login)
}

fn noreply_host(app: &App) -> String {
    format!("noreply.{}", host_of(&app.config.public_url))
}

/// Why git would not take this as a name or an address.
fn objection(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("is empty");
    }
    if text.len() > MOST_NAME {
        return Some("is longer than 255 bytes");
    }
    text.chars().any(|c| c.is_control() || matches!(c, '<' | '>')).then_some("holds a control character, '<' or '>'")
}

/// A message as git keeps it: without empty lines around it, and with an end of its last line.
pub(crate) fn message(given: &str, otherwise: impl FnOnce() -> String) -> Result<String> {
    if given.len() > MOST_MESSAGE {
        return Err(Invalid::new("message", format!("is longer than {MOST_MESSAGE} bytes")).into());
    }
    if given.contains('\0') {
        return Err(Invalid::new("message", "holds a NUL").into());
    }
    let text = given.trim_end().trim_start_matches(['\n', '\r']);
    Ok(if text.is_empty() { otherwise() } else { text.to_owned() } + "\n")
}

/// The message with the line by which a person vouches for the change, behind the other lines of that kind.
pub(crate) fn signed_off(message: &str, by: &Signature) -> String {
    let (name, email) = (String::from_utf8_lossy(&by.name), String::from_utf8_lossy(&by.email));
    let line = format!("Signed-off-by: {name} <{email}>");
    let text = message.trim_end();
    if text.lines().any(|known| known == line) {
        return message.to_owned();
    }
    let is_trailer = |line: &str| line.split_once(": ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    let goes_on = text.rsplit_once("\n\n").is_some_and(|(_, last)| last.lines().all(is_trailer));
    format!("{text}{}{line}\n", if goes_on { "\n" } else { "\n\n" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doer() -> Doer {
        Doer { name: "Ann".to_owned(), email: "ann@example.org".to_owned(), now: Moment { seconds: 5, offset_minutes: 0 } }
    }

    fn shown(given: Person) -> Result<String> {
        let signature = doer().signature(Some(&given), None, ["author.name", "author.email"])?;
        Ok(format!("{} <{}>", String::from_utf8(signature.name).unwrap(), String::from_utf8(signature.email).unwrap()))
    }

    #[test]
    fn what_is_not_given_is_the_askers_and_nothing_breaks_out_of_its_field() {
        let person = |name: &str, email: &str| Person { name: Some(name.to_owned()), email: Some(email.to_owned()) };
        assert_eq!(shown(Person::default()).unwrap(), "Ann <ann@example.org>");
        assert_eq!(shown(person(" Bob ", "")).unwrap(), "Bob <ann@example.org>");
        for (name, email, field) in [
            ("Bob <x", "", "author.name"),
            ("Bob\ncommitter Eve", "", "author.name"),
            (&"x".repeat(256), "", "author.name"),
            ("", "a>b", "author.email"),
            ("", "a b@example.org", "author.email"),
            ("", "a\r\nb", "author.email"),
        ] {
            let refused = shown(person(name, email)).unwrap_err().to_string();
            assert!(refused.starts_with(field), "{refused}");
        }
        let before = Moment { seconds: -1, offset_minutes: 0 };
        assert!(doer().signature(None, Some(before), ["", ""]).is_err());
    }

    #[test]
    fn messages_are_trimmed_and_never_empty() {
        assert_eq!(message("\n\n  Add it\n\nmore \n\n", String::new).unwrap(), "  Add it\n\nmore\n");
        assert_eq!(message(" \n", || "Add a".to_owned()).unwrap(), "Add a\n");
        assert!(message(&"x".repeat((64 << 10) + 1), String::new).is_err() && message("a\0b", String::new).is_err());
    }

    #[test]
    fn a_sign_off_joins_the_trailers_and_comes_once() {
        let ann = doer().own().unwrap();
        let line = "Signed-off-by: Ann <ann@example.org>";
        assert_eq!(signed_off("Add it\n", &ann), format!("Add it\n\n{line}\n"));
        assert_eq!(signed_off("fix: it\n", &ann), format!("fix: it\n\n{line}\n"));
        assert_eq!(signed_off("Add it\n\nFixes: 1\n", &ann), format!("Add it\n\nFixes: 1\n{line}\n"));
        let once = signed_off("Add it\n", &ann);
        assert_eq!(signed_off(&once, &ann), once);
    }
}
