//! `[mail]` and `[sign-up]`, checked.

use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use hardie_app::state::SignUpRules;
use hardie_domain::sign_up::{MailDomains, SignUpMode};
use hardie_outbound::smtp::{Security, check_sender};
use serde::Deserialize;

/// `[mail]`: by which server mails are sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct MailSection {
    pub host: String,
    pub port: Option<u16>,
    pub security: Option<String>,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    pub from: String,
    pub ca_file: Option<PathBuf>,
}

/// `[sign-up]`: who may make an account for themselves.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SignUpSection {
    pub mode: Option<String>,
    pub domains: Vec<String>,
}

/// By which server mails are sent.
#[derive(Clone, Debug)]
pub struct MailSettings {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// With a password file, or neither.
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    /// `Name <address>` or an address.
    pub from: String,
    /// PEM; certificates are believed that these signed, besides those that the system trusts.
    pub ca_file: Option<PathBuf>,
}

impl MailSection {
    /// What the file says.
    pub fn checked(self) -> anyhow::Result<MailSettings> {
        let MailSection { host, port, security, user, password_file, from, ca_file } = self;
        let plain_host = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:".contains(&b));
        ensure!(!host.is_empty() && plain_host, "[mail] host = {host:?} must name the server that takes mails");
        let security = match security.as_deref().unwrap_or("starttls") {
            "starttls" => Security::StartTls,
            "tls" => Security::Tls,
            "none" => Security::None,
            other => bail!("[mail] security = {other:?} must be starttls, tls or none"),
        };
        let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if security == Security::None && !is_here {
            bail!(
                "[mail] security = \"none\": mails open accounts, so they leave this machine encrypted alone; use starttls or tls, or a loopback host"
            );
        }
        if user.is_some() != password_file.is_some() {
            bail!("[mail] user and password-file go together");
        }
        check_sender(&from).with_context(|| format!("[mail] from = {from:?}"))?;
        let port = port.unwrap_or(match security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        });
        Ok(MailSettings { host, port, security, user, password_file, from, ca_file })
    }
}

impl SignUpSection {
    /// What the file says. Without mails nobody can prove an address.
    pub fn checked(&self, sends_mail: bool) -> anyhow::Result<SignUpRules> {
        let mode = self.mode.as_deref().map(SignUpMode::parse).transpose().context("[sign-up]")?.unwrap_or_default();
        if mode != SignUpMode::Closed && !sends_mail {
            bail!("[sign-up] mode = {:?} needs [mail]: people prove their addresses by a mail", mode.as_str());
        }
        Ok(SignUpRules { mode, domains: MailDomains::parse(&self.domains).context("[sign-up]")? })
    }
}
