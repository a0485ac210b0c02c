//! Mails by the server that `[mail]` names.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use hardie_app::ports::{Letter, Mailer, NoMailer, Undelivered};
use hardie_domain::host::host_of;
use hardie_domain::secret::Secret;
use hardie_outbound::smtp::{Failed, Login, Mail, Settings, Smtp};

use crate::config::MailSettings;

/// What sends mails; nothing without settings.
pub fn mailer(settings: Option<&MailSettings>, public_url: &str) -> anyhow::Result<Arc<dyn Mailer>> {
    let Some(settings) = settings else { return Ok(Arc::new(NoMailer)) };
    let login = match (&settings.user, &settings.password_file) {
        (Some(user), Some(path)) => {
            let text = std::fs::read_to_string(path).map(Secret::new);
            let text = text.with_context(|| format!("[mail] password-file: cannot read {}", path.display()))?;
            Some(Login { user: user.clone(), password: Secret::new(text.expose().trim_end_matches(['\r', '\n'])) })
        }
        _ => None,
    };
    let authorities = match &settings.ca_file {
        Some(path) => Some(std::fs::read(path).with_context(|| format!("[mail] ca-file: cannot read {}", path.display()))?),
        None => None,
    };
    let smtp = Smtp::new(Settings {
        host: settings.host.clone(),
        port: settings.port,
        security: settings.security,
        login,
        authorities,
        from: settings.from.clone(),
        hello: host_of(public_url).to_owned(),
    });
    Ok(Arc::new(BySmtp(smtp.context("[mail]")?)))
}

struct BySmtp(Smtp);

#[async_trait]
impl Mailer for BySmtp {
    fn is_there(&self) -> bool {
        true
    }

    async fn send(&self, letter: &Letter) -> Result<(), Undelivered> {
        let mail = Mail {
            message_id: &letter.message_id,
            recipient: &letter.recipient,
            subject: &letter.subject,
            text: letter.text.expose(),
            seconds: letter.asked_at.seconds(),
        };
        self.0.send(mail).await.map_err(|failed| match failed {
            Failed::Later(why) => Undelivered::Later(why),
            Failed::Never(why) => Undelivered::Never(why),
        })
    }
}
