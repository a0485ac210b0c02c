//! Tokens that can be told by how they begin, as their issuers document them.

use crate::doubt;
use crate::found::{Effort, Found, is_word};

/// What may follow the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// A-Z and 2-7.
    Base32,
    /// 0-9 and a-f.
    Hex,
    /// A-Z and 0-9.
    Upper,
    /// Letters and digits.
    Alnum,
    /// And `_`.
    Word,
    /// And `-`.
    Url,
    /// And `.`.
    Dotted,
    /// Letters, digits, `+`, `/` and `=`.
    Base64,
}

impl Of {
    fn holds(self, byte: u8) -> bool {
        match self {
            Of::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Of::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Of::Upper => matches!(byte, b'A'..=b'Z' | b'0'..=b'9'),
            Of::Alnum => byte.is_ascii_alphanumeric(),
            Of::Word => is_word(byte),
            Of::Url => is_word(byte) || byte == b'-',
            Of::Dotted => is_word(byte) || matches!(byte, b'-' | b'.'),
            Of::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        }
    }
}

/// One form: its rule, how it begins (four bytes at least), and how many of which bytes follow.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    pub rule: &'static str,
    pub begins: &'static str,
    of: Of,
    least: usize,
    most: usize,
}

const fn format(rule: &'static str, begins: &'static str, of: Of, least: usize, most: usize) -> Format {
    Format { rule, begins, of, least, most }
}

/// All of them.
pub const FORMATS: &[Format] = &[
    format("aws-access-key", "AKIA", Of::Base32, 16, 16),
    format("aws-access-key", "ASIA", Of::Base32, 16, 16),
    format("github-token", "ghp_", Of::Alnum, 36, 255),
    format("github-token", "gho_", Of::Alnum, 36, 255),
    format("github-token", "ghu_", Of::Alnum, 36, 255),
    format("github-token", "ghs_", Of::Alnum, 36, 255),
    format("github-token", "ghr_", Of::Alnum, 36, 255),
    format("github-token", "github_pat_", Of::Word, 60, 255),
    format("gitlab-token", "glpat-", Of::Dotted, 20, 300),
    format("gitlab-token", "gldt-", Of::Url, 20, 300),
    format("gitlab-token", "glrt-", Of::Dotted, 20, 300),
    format("gitlab-token", "glptt-", Of::Hex, 40, 40),
    format("gitlab-token", "glcbt-", Of::Url, 20, 300),
    format("gitlab-token", "glsoat-", Of::Url, 20, 300),
    format("gitlab-token", "glimt-", Of::Url, 20, 300),
    format("gitlab-token", "glagent-", Of::Url, 50, 300),
    format("gitlab-token", "gloas-", Of::Hex, 64, 64),
    format("gitlab-token", "GR1348941", Of::Url, 20, 50),
    format("hardie-token", "hrd_", Of::Alnum, 46, 46),
    format("slack-token", "xoxb-", Of::Url, 20, 255),
    format("slack-token", "xoxp-", Of::Url, 20, 255),
    format("slack-token", "xoxa-", Of::Url, 20, 255),
    format("slack-token", "xoxr-", Of::Url, 20, 255),
    format("slack-token", "xoxs-", Of::Url, 20, 255),
    format("slack-token", "xapp-", Of::Url, 40, 255),
    format("slack-webhook", "hooks.slack.com/services/T", Of::Base64, 35, 100),
    format("stripe-key", "sk_live_", Of::Alnum, 16, 255),
    format("stripe-key", "rk_live_", Of::Alnum, 16, 255),
    format("stripe-key", "whsec_", Of::Alnum, 32, 64),
    format("google-key", "AIza", Of::Url, 35, 35),
    format("google-key", "GOCSPX-", Of::Url, 28, 28),
    format("npm-token", "npm_", Of::Alnum, 36, 36),
    format("pypi-token", "pypi-AgE", Of::Url, 50, 400),
    format("openai-key", "sk-proj-", Of::Url, 40, 300),
    format("openai-key", "sk-svcacct-", Of::Url, 40, 300),
    format("openai-key", "sk-admin-", Of::Url, 40, 300),
    format("anthropic-key", "sk-ant-", Of::Url, 60, 300),
    format("digitalocean-token", "dop_v1_", Of::Hex, 64, 64),
    format("digitalocean-token", "doo_v1_", Of::Hex, 64, 64),
    format("digitalocean-token", "dor_v1_", Of::Hex, 64, 64),
    format("docker-token", "dckr_pat_", Of::Url, 27, 40),
    format("azure-key", "AccountKey=", Of::Base64, 80, 90),
    format("vault-token", "hvs.", Of::Url, 90, 300),
    format("vault-token", "hvb.", Of::Url, 130, 400),
    format("grafana-token", "glsa_", Of::Word, 41, 41),
    format("shopify-token", "shpat_", Of::Hex, 32, 32),
    format("shopify-token", "shpss_", Of::Hex, 32, 32),
    format("rubygems-token", "rubygems_", Of::Hex, 48, 48),
    format("heroku-token", "HRKU-", Of::Url, 36, 80),
    format("linear-token", "lin_api_", Of::Alnum, 40, 40),
    format("age-key", "AGE-SECRET-KEY-1", Of::Upper, 58, 58),
];

impl Format {
    /// Whether a token of this form begins at `from`.
    pub fn at(&self, text: &[u8], from: usize, effort: &mut Effort) -> Option<Found> {
        let before = match text.get(from.saturating_sub(2)..from)? {
            // In a string of a program or of JSON this is a line break or a tab.
            [b'\\', b'n' | b'r' | b't'] => b' ',
            near => near.last().copied().unwrap_or(b' '),
        };
        let rest = text.get(from..)?.strip_prefix(self.begins.as_bytes())?;
        if is_word(before) || before == b'-' {
            return None;
        }
        let mut length = rest.iter().take(self.most + 1).take_while(|byte| self.of.holds(**byte)).count();
        effort.spend(length, 10);
        // A full stop or a dash behind it ends a sentence, not the token.
        length -= rest.iter().take(length).rev().take_while(|byte| matches!(**byte, b'.' | b'-')).count();
        let behind = rest.get(length).copied().unwrap_or(b' ');
        let body = rest.get(..length)?;
        let fits = (self.least..=self.most).contains(&length) && !is_word(behind);
        (fits && doubt::is_varied(body)).then(|| Found { rule: self.rule, from, to: from + self.begins.len() + length })
    }
}
