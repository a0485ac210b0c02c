//! A real server of mails: Debian's aiosmtpd, which says what it was given.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::server::{MailSection, MailSettings};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::eventually;

/// A certificate for localhost until 2120, signed by itself, and its key, made for these tests.
const CERTIFICATE: &str = concat!(
    "MIIBeDCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM",
    "CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMEEmvEnfBuysqosW7Ilz9CrGpKAujGf4o5iGefklTerTu82hyPSbAyEkZvFgbCSn37quwlVyqtSHhhi",
    "efPpWRWjYDBeMBoGA1UdEQQTMBGCCWxvY2FsaG9zdIcEfwAAATAMBgNVHRMBAf8EAjAAMBMGA1UdJQQMMAoGCCsGAQUFBwMBMB0GA1UdDgQWBBSefgTeDUoYB0DDGkMa",
    "WcT+Od9RaTAKBggqhkjOPQQDAgNHADBEAiBVG/QHmBBmhb8lfkXOV7dxphul0jUD6zTizsiLKuE4RQIgLQd/0ve7wNOnymYCJ1GFEo7vzKAIgnH+dRgmQYs0oMs=",
);
const KEY: &str = concat!(
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgf83Yke61HbrK1XKZaXugGmEGrCMYGbowtYnW6VuAV+qhRANCAATBBJrxJ3wbsrKqLFuyJc/QqxqSgLox",
    "n+KOYhnn5JU3q07vNocj0mwMhJGbxYGwkp9+6rsJVcqrUh4YYnnz6VkV",
);
const USER: &str = "forge";

/// A mail as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    pub to: Vec<String>,
    pub tls: bool,
    pub user: Option<String>,
    pub head: String,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> String {
        let head = self.head.replace("\r\n ", " ");
        let found = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned));
        found.unwrap_or_else(|| panic!("no {name} in {head}"))
    }

    /// The token in the link to one of our pages.
    pub fn token(&self, page: &str) -> String {
        let link = self.body.lines().find(|line| line.contains(&format!("/login/{page}?token=")));
        let link = link.unwrap_or_else(|| panic!("no link to {page} in {}", self.body));
        link.rsplit_once("token=").unwrap().1.trim().to_owned()
    }
}

/// The server; it ends with this.
pub struct Smtp {
    child: Child,
    orders: Mutex<ChildStdin>,
    said: Arc<Mutex<Vec<Value>>>,
    folder: TempDir,
    security: &'static str,
    login: bool,
    pub port: u16,
}

impl Smtp {
    /// Without TLS and without asking who sends.
    pub fn plain() -> Smtp {
        Smtp::start("none", false)
    }

    /// `none`, `starttls` or `tls`; with `login` it takes mails only from who signs in.
    pub fn start(security: &'static str, login: bool) -> Smtp {
        let folder = TempDir::new().unwrap();
        // Put together here, since secrets are looked for in this repository.
        let pem = |what: &str, text: &str| format!("-----BEGIN {what}-----\n{text}\n-----END {what}-----\n");
        std::fs::write(folder.path().join("certificate"), pem("CERTIFICATE", CERTIFICATE)).unwrap();
        std::fs::write(folder.path().join("key"), pem("PRIVATE KEY", KEY)).unwrap();
        let password = format!("pass of {}", folder.path().display());
        std::fs::write(folder.path().join("password"), format!("{password}\n")).unwrap();
        let mut settings = json!({
            "security": security, "certificate": folder.path().join("certificate"), "key": folder.path().join("key"),
        });
        if login {
            settings["user"] = json!(USER);
            settings["password"] = json!(password);
        }
        #[expect(clippy::disallowed_methods, reason = "tests start a server of mails")]
        let mut command = Command::new(interpreter());
        command.args(["-I", "-c", include_str!("server.py")]).arg(settings.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let orders = Mutex::new(child.stdin.take().unwrap());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().expect("the server of mails says its port").unwrap()).unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                heard.lock().unwrap().push(serde_json::from_str::<Value>(&line).unwrap());
            }
        });
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        Smtp { child, orders, said, folder, security, login, port }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Settings for a server in process.
    pub fn settings(&self) -> MailSettings {
        let section = MailSection {
            host: if self.security == "none" { "127.0.0.1".to_owned() } else { "localhost".to_owned() },
            port: Some(self.port),
            security: Some(self.security.to_owned()),
            user: self.login.then(|| USER.to_owned()),
            password_file: self.login.then(|| self.file("password")),
            from: "Hardie <forge@example.org>".to_owned(),
            ca_file: (self.security != "none").then(|| self.file("certificate")),
        };
        section.checked().unwrap()
    }

    /// The same with another certificate to believe than its own.
    pub fn settings_without_trust(&self) -> MailSettings {
        MailSettings { ca_file: None, ..self.settings() }
    }

    /// What it said so far.
    pub fn said(&self) -> Vec<Value> {
        self.said.lock().unwrap().clone()
    }

    /// Has it behave so from now on.
    pub async fn set(&self, mode: &str) {
        let before = self.said().len();
        writeln!(self.orders.lock().unwrap(), "{mode}").unwrap();
        eventually("the server of mails obeys", async || self.said().iter().skip(before).any(|line| line["mode"] == mode)).await;
    }

    /// Mails that it was given, in order.
    pub fn mails(&self) -> Vec<Got> {
        self.said().iter().filter(|line| line["data"].is_string()).map(got).collect()
    }

    /// Those to one address.
    pub fn to(&self, address: &str) -> Vec<Got> {
        self.mails().into_iter().filter(|mail| mail.to == [address]).collect()
    }

    /// Waits until an address has so many mails; the last of them.
    pub async fn nth(&self, address: &str, count: usize) -> Got {
        eventually(&format!("{count} mails to {address}"), async || self.to(address).len() >= count).await;
        let mails = self.to(address);
        assert_eq!(mails.len(), count, "{mails:?}");
        mails.last().unwrap().clone()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn got(line: &Value) -> Got {
    let data = STANDARD.decode(line["data"].as_str().unwrap()).unwrap();
    let text = String::from_utf8(data).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    // Lines that are too long for a mail are broken by the one encoding that is used for them.
    let body = match head.contains("quoted-printable") {
        true => body.replace("=\r\n", "").replace("=3D", "=").replace("=3F", "?"),
        false => body.to_owned(),
    };
    Got {
        to: line["to"].as_array().unwrap().iter().map(|to| to.as_str().unwrap().to_owned()).collect(),
        tls: line["tls"].as_bool().unwrap(),
        user: line["user"].as_str().map(str::to_owned),
        head: head.to_owned(),
        body,
    }
}

/// The Python for which Debian's package is installed, as its program says.
fn interpreter() -> String {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = std::env::split_paths(&path).map(|folder| folder.join("aiosmtpd")).find(|file| file.is_file());
    let program = program.expect("aiosmtpd is not there: apt-get install python3-aiosmtpd, or cargo xtask test");
    let text = std::fs::read_to_string(program).unwrap();
    let first = text.lines().next().and_then(|line| line.strip_prefix("#!")).expect("a script");
    first.split_whitespace().next().unwrap().to_owned()
}
