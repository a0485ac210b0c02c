//! Handing mails to the one server that the operator named, over SMTP. The only user of lettre.
//!
//! Each mail has a connection of its own: there are few, and a server that was restarted meanwhile is no special case.

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use hardie_domain::secret::Secret;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use crate::Error;

/// From the look-up of the server's name to its word that it has the mail.
const LIMIT: Duration = Duration::from_secs(60);
/// To connect.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);
/// Replies that are about this mail, and would be the same tomorrow (RFC 5321, section 4.2.3). Others of their kind are about the server or
/// the way in which we signed in, which somebody may mend.
const NEVER: [&str; 7] = ["501", "550", "551", "552", "553", "555", "556"];

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS by STARTTLS, without which nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Not at all: for this machine alone.
    None,
}

/// What the server asks of who sends.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// Which server takes mails, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A name or an address; with TLS its certificate must be for this.
    pub host: String,
    /// The port.
    pub port: u16,
    /// TLS or not.
    pub security: Security,
    /// How to sign in, if at all.
    pub login: Option<Login>,
    /// PEM; certificates that are believed besides those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Who sends: see [`check_sender`].
    pub from: String,
    /// How this machine calls itself.
    pub hello: String,
}

/// A mail. Whatever it holds, it has the headers that stand here and no others.
#[derive(Clone, Copy)]
pub struct Mail<'a> {
    /// Without brackets.
    pub message_id: &'a str,
    /// One address.
    pub recipient: &'a str,
    /// One line.
    pub subject: &'a str,
    /// Plain text.
    pub text: &'a str,
    /// When it was written, in seconds since 1970.
    pub seconds: i64,
}

/// Why the server does not have a mail. The text holds what the server said, and nothing of the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It may take it later.
    Later(String),
    /// It will not take this one.
    Never(String),
}

/// Whether this can stand in the header `From`: an address, or `Name <address>`.
///
/// # Errors
/// Why it cannot.
pub fn check_sender(text: &str) -> Result<(), Error> {
    sender(text).map(drop)
}

fn sender(text: &str) -> Result<Mailbox, Error> {
    if text.chars().any(char::is_control) {
        return Err(Error::Setup("an address must not hold control characters".to_owned()));
    }
    text.parse().map_err(|_| Error::Setup("it must be an address, or NAME <ADDRESS>".to_owned()))
}

/// The way to the server.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    limit: Duration,
}

impl Smtp {
    /// Reads certificates and checks the settings; nothing is connected.
    ///
    /// # Errors
    /// When the sender or the certificates cannot be read.
    pub fn new(settings: Settings) -> Result<Smtp, Error> {
        let Settings { host, port, security, login, authorities, from, hello } = settings;
        let parameters = || {
            let mut builder = TlsParameters::builder(host.clone());
            if let Some(pem) = &authorities {
                builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(setup)?);
            }
            builder.build().map_err(setup)
        };
        let tls = match security {
            Security::StartTls => Tls::Required(parameters()?),
            Security::Tls => Tls::Wrapper(parameters()?),
            Security::None => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.as_str())
            .port(port)
            .tls(tls)
            .timeout(Some(CONNECT_LIMIT))
            .hello_name(ClientId::Domain(if hello.is_empty() { "localhost".to_owned() } else { hello }));
        if let Some(Login { user, password }) = login {
            builder = builder.credentials(Credentials::new(user, password.expose().to_owned()));
        }
        Ok(Smtp { transport: builder.build(), from: sender(&from)?, limit: LIMIT })
    }

    /// The same that gives up sooner.
    #[must_use]
    pub fn within(self, limit: Duration) -> Smtp {
        Smtp { limit, ..self }
    }

    /// Has the server take a mail.
    ///
    /// # Errors
    /// Why it has not; it may have it all the same, if its word was lost on the way.
    pub async fn send(&self, mail: Mail<'_>) -> Result<(), Failed> {
        let message = message(&self.from, mail).map_err(Failed::Never)?;
        match tokio::time::timeout(self.limit, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(Failed::Later(format!("the server of mails took longer than {} seconds", self.limit.as_secs()))),
        }
    }
}

fn message(from: &Mailbox, mail: Mail<'_>) -> Result<Message, String> {
    let recipient: Address = mail.recipient.parse().map_err(|error| format!("this is no address to which mails can go: {error}"))?;
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(mail.seconds).unwrap_or_default());
    let one_line = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, recipient))
        .subject(one_line(mail.subject))
        .message_id(Some(format!("<{}>", one_line(mail.message_id))))
        .date(written)
        // RFC 3834: no machine answers it.
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.to_owned())
        .map_err(|error| error.to_string())
}

fn failed(error: &lettre::transport::smtp::Error) -> Failed {
    let mut text = error.to_string();
    let mut cause = error.source().and_then(StdError::source);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    match error.status().map(|code| code.to_string()) {
        Some(code) if error.is_permanent() && NEVER.contains(&code.as_str()) => Failed::Never(text),
        _ => Failed::Later(text),
    }
}

fn setup(error: lettre::transport::smtp::Error) -> Error {
    Error::Setup(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(mail: Mail<'_>) -> Result<String, String> {
        message(&sender("Hardie <hardie@example.org>").unwrap(), mail).map(|m| String::from_utf8(m.formatted()).unwrap())
    }

    fn mail() -> Mail<'static> {
        Mail { message_id: "1@forge.test", recipient: "ann@example.org", subject: "Hello", text: "One.\n\nTwo.\n", seconds: 1_700_000_000 }
    }

    #[test]
    fn a_mail_has_the_headers_that_it_should() {
        let text = written(mail()).unwrap();
        for line in [
            "From: Hardie <hardie@example.org>\r\n",
            "To: ann@example.org\r\n",
            "Subject: Hello\r\n",
            "Message-ID: <1@forge.test>\r\n",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "\r\n\r\nOne.\r\n\r\nTwo.",
        ] {
            assert!(text.contains(line), "{line:?} in {text}");
        }
        assert_eq!(written(mail()), written(mail()), "the same bytes each time");
    }

    #[test]
    fn nothing_that_is_filled_in_makes_a_header_or_another_recipient() {
        for evil in ["x\r\nBcc: eve@example.org", "x\nBcc: eve@example.org", "x\rBcc: eve@example.org", "x\u{2028}Bcc: eve@example.org\0"] {
            let text = written(Mail { subject: evil, message_id: evil, ..mail() }).unwrap();
            let head = text.split("\r\n\r\n").next().unwrap();
            assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
            assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{head:?}");
            let body = written(Mail { text: evil, ..mail() }).unwrap();
            assert!(!body.split("\r\n\r\n").next().unwrap().contains("Bcc"), "{body}");
            for recipient in [format!("ann@example.org{evil}"), format!("{evil}@example.org")] {
                assert!(written(Mail { recipient: &recipient, ..mail() }).is_err(), "{recipient:?}");
            }
        }
        for recipient in
            ["ann@example.org, eve@example.org", "Ann <ann@example.org>", "ann", "", "@example.org", "ann@example.org> NOTIFY=x"]
        {
            assert!(written(Mail { recipient, ..mail() }).is_err(), "{recipient:?}");
        }
        for from in ["a@b\r\nBcc: eve@example.org", "no address", ""] {
            assert!(check_sender(from).is_err(), "{from:?}");
        }
    }

    fn settings(port: u16) -> Settings {
        Settings {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::None,
            login: None,
            authorities: None,
            from: "hardie@example.org".to_owned(),
            hello: "forge.test".to_owned(),
        }
    }

    fn way(port: u16) -> Smtp {
        Smtp::new(settings(port)).unwrap().within(Duration::from_secs(1))
    }

    #[tokio::test]
    async fn a_server_that_hangs_or_is_gone_is_given_up_in_time_and_tried_later() {
        // Connections wait to be accepted for ever.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let Err(Failed::Later(why)) = way(port).send(mail()).await else { panic!("it was taken") };
        assert!(why.contains("longer than 1 seconds"), "{why}");
        drop(listener);
        assert!(matches!(way(port).send(mail()).await, Err(Failed::Later(_))));
    }

    #[tokio::test]
    async fn without_starttls_nothing_is_sent() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"220 here\r\n").await.unwrap();
            let mut heard = Vec::new();
            let mut buffer = [0; 1024];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                heard.extend_from_slice(&buffer[..count]);
                // Nothing but "yes" and no word of STARTTLS, as somebody on the way would have it.
                if stream.write_all(b"250 yes\r\n").await.is_err() {
                    break;
                }
            }
            String::from_utf8(heard).unwrap()
        });
        let settings = Settings { security: Security::StartTls, ..settings(port) };
        let sent = Smtp::new(settings).unwrap().within(Duration::from_secs(5)).send(mail()).await;
        assert!(matches!(sent, Err(Failed::Later(_))), "{sent:?}");
        let heard = served.await.unwrap();
        assert!(!heard.contains("MAIL FROM") && !heard.contains("AUTH"), "{heard}");
    }
}
