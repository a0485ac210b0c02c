//! Who may make an account for themselves.

use crate::error::Invalid;

/// `[sign-up] mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignUpMode {
    /// Nobody: administrators make accounts.
    #[default]
    Closed,
    /// Who was given a code.
    Invitation,
    /// Anybody, once an administrator approves.
    Approval,
    /// Anybody.
    Open,
}

impl SignUpMode {
    /// The word in the configuration and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            SignUpMode::Closed => "closed",
            SignUpMode::Invitation => "invitation",
            SignUpMode::Approval => "approval",
            SignUpMode::Open => "open",
        }
    }

    /// The reverse of [`SignUpMode::as_str`].
    pub fn parse(word: &str) -> Result<SignUpMode, Invalid> {
        let all = [SignUpMode::Closed, SignUpMode::Invitation, SignUpMode::Approval, SignUpMode::Open];
        let found = all.into_iter().find(|mode| mode.as_str() == word);
        found.ok_or_else(|| Invalid::new("mode", format!("{word:?} must be closed, invitation, approval or open")))
    }
}

/// Hosts of addresses with which people may sign up; any if none are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailDomains(Vec<String>);

impl MailDomains {
    /// Checks what the configuration says: `example.org`, or `*.example.org` for all below it.
    pub fn parse(named: &[String]) -> Result<MailDomains, Invalid> {
        let read = |text: &String| {
            let lower = text.trim().to_ascii_lowercase();
            let host = lower.strip_prefix("*.").unwrap_or(&lower);
            let is_label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            match host.split('.').all(is_label) {
                true => Ok(lower),
                false => Err(Invalid::new("domains", format!("{text:?} must be a host such as example.org or *.example.org"))),
            }
        };
        named.iter().map(read).collect::<Result<_, _>>().map(MailDomains)
    }

    /// Whether somebody with this address may sign up.
    pub fn allow(&self, email: &str) -> bool {
        let host = email.rsplit_once('@').map_or("", |(_, host)| host).to_ascii_lowercase();
        let host = host.trim_end_matches('.');
        let is = |named: &String| match named.strip_prefix("*.") {
            Some(above) => host.strip_suffix(above).is_some_and(|below| below.len() > 1 && below.ends_with('.')),
            None => host == named,
        };
        self.0.is_empty() || self.0.iter().any(is)
    }

    /// As they are kept.
    pub fn named(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_allows_itself_and_a_star_what_is_below_it() {
        let domains = MailDomains::parse(&["Example.org".to_owned(), "*.corp.example".to_owned()]).unwrap();
        for good in ["a@example.org", "a@EXAMPLE.ORG", "a@x.corp.example", "a@y.x.corp.example", "a@example.org."] {
            assert!(domains.allow(good), "{good}");
        }
        for bad in ["a@sub.example.org", "a@corp.example", "a@.corp.example", "a@xcorp.example", "a@example.org.evil.example", "a", ""] {
            assert!(!domains.allow(bad), "{bad}");
        }
        assert!(MailDomains::default().allow("a@anything"));
        for bad in ["*", "a b", "@example.org", "", "*.", "exa_mple.org"] {
            assert!(MailDomains::parse(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }

    #[test]
    fn modes_come_back_from_their_words_and_the_default_is_closed() {
        for mode in [SignUpMode::Closed, SignUpMode::Invitation, SignUpMode::Approval, SignUpMode::Open] {
            assert_eq!(SignUpMode::parse(mode.as_str()), Ok(mode));
        }
        assert!(SignUpMode::parse("anyone").is_err());
        assert_eq!(SignUpMode::default(), SignUpMode::Closed);
    }
}
