//! A server elsewhere: `git http-backend` behind a few lines of CGI, or something worse.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Condvar, Mutex};

use hardie_testkit::Git;

/// How it answers.
#[derive(Clone, Debug)]
pub enum Does {
    /// As git does.
    Serve,
    /// As git does, once it is told to go on.
    Hold,
    /// With another address.
    Redirect(String),
    /// With a status, a type and a body, whatever was asked.
    Say(&'static str, &'static str, Vec<u8>),
    /// As git does, but with these packets in place of the pack.
    Pack(Vec<u8>),
    /// As git does, but for all that is behind so many bytes of the pack's answer.
    Cut(usize),
    /// As git does, but with a pack that lacks what the refs name.
    Hide,
}

type Heard = Arc<Mutex<Vec<(String, String)>>>;

/// See the module. Its thread ends with the test's process.
pub struct Elsewhere {
    pub url: String,
    pub port: u16,
    pub work: PathBuf,
    pub bare: PathBuf,
    pub does: Does,
    heard: Heard,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Elsewhere {
    pub fn start(git: &Git, does: Does) -> Elsewhere {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let root = git.path(format!("elsewhere-{port}"));
        std::fs::create_dir(&root).unwrap();
        let bare = root.join("tool.git");
        git.ok(&root, &["init", "-q", "--bare", "tool.git"]).unwrap();
        let work = git.init(&format!("work-{port}")).unwrap();
        git.ok(&work, &["remote", "add", "origin", &bare.display().to_string()]).unwrap();
        git.ok(&work, &["push", "-q", "origin", "main"]).unwrap();
        let (heard, gate) = (Heard::default(), Arc::new((Mutex::new(!matches!(does, Does::Hold)), Condvar::new())));
        let serving = Serving { git: git.clone(), root, does: does.clone(), heard: heard.clone(), gate: gate.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                // Whoever asks may leave at any moment.
                std::thread::spawn(move || drop(serving.answer(stream)));
            }
        });
        Elsewhere { url: format!("http://127.0.0.1:{port}/tool.git"), port, work, bare, does, heard, gate }
    }

    /// Requests so far.
    pub fn asked(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// What was asked, and who asked.
    pub fn heard(&self) -> Vec<(String, String)> {
        self.heard.lock().unwrap().clone()
    }

    /// Answers what it held, and all that comes.
    pub fn go_on(&self) {
        *self.gate.0.lock().unwrap() = true;
        self.gate.1.notify_all();
    }
}

#[derive(Clone)]
struct Serving {
    git: Git,
    root: PathBuf,
    does: Does,
    heard: Heard,
    gate: Arc<(Mutex<bool>, Condvar)>,
}

impl Serving {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let (head, body) = request(&mut stream)?;
        let header = |name: &str| {
            let found = head.lines().filter_map(|line| line.split_once(':')).find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        self.heard.lock().unwrap().push((target.clone(), header("authorization")));
        let mut open = self.gate.0.lock().unwrap();
        while !*open {
            open = self.gate.1.wait(open).unwrap();
        }
        drop(open);
        match &self.does {
            Does::Redirect(to) => {
                return stream.write_all(
                    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes(),
                );
            }
            Does::Say(status, kind, body) => return say(&mut stream, status, &format!("content-type: {kind}\r\n"), body),
            _ => {}
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let is_fetch = body.windows(13).any(|part| part == b"command=fetch");
        let given = match (&self.does, is_fetch) {
            // Another commit than the refs name, which is there as well.
            (Does::Hide, true) => self.other_pack(&body),
            _ => body,
        };
        let mut child = self.git.command("git");
        child.arg("http-backend").env("GIT_PROJECT_ROOT", &self.root).env("GIT_HTTP_EXPORT_ALL", "1").env("PATH_INFO", path);
        child.env("QUERY_STRING", query).env("REQUEST_METHOD", head.split(' ').next().unwrap_or_default());
        child.env("CONTENT_TYPE", header("content-type")).env("CONTENT_LENGTH", given.len().to_string());
        child.env("GIT_PROTOCOL", header("git-protocol"));
        let mut child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        child.stdin.take().unwrap().write_all(&given)?;
        let output = child.wait_with_output()?.stdout;
        let end = output.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or_default();
        let headers = format!("{}\r\n", String::from_utf8_lossy(&output[..end]));
        let body = &output[(end + 4).min(output.len())..];
        match (&self.does, is_fetch) {
            (Does::Pack(packets), true) => say(&mut stream, "200 OK", &headers, &[b"000dpackfile\n", packets.as_slice(), b"0000"].concat()),
            (Does::Cut(most), true) => say(&mut stream, "200 OK", &headers, &body[..body.len().min(*most)]),
            _ => say(&mut stream, "200 OK", &headers, body),
        }
    }

    /// The same request for a commit that nothing reaches.
    fn other_pack(&self, body: &[u8]) -> Vec<u8> {
        let bare = self.root.join("tool.git");
        self.git.ok(&bare, &["config", "uploadpack.allowAnySHA1InWant", "true"]).unwrap();
        let tree = self.git.ok(&bare, &["hash-object", "-t", "tree", "-w", "/dev/null"]).unwrap();
        let other = self.git.ok(&bare, &["commit-tree", tree.trim(), "-m", "Other"]).unwrap();
        let text = String::from_utf8_lossy(body).into_owned();
        let at = text.find("want ").unwrap() + 5;
        format!("{}{}{}", &text[..at], other.trim(), &text[at + 40..]).into_bytes()
    }
}

fn say(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())
}

/// A whole request: its head and its body.
fn request(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..count]);
        let Some(end) = bytes.windows(4).position(|part| part == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length =
            head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length:").and_then(|n| n.trim().parse().ok()));
        if bytes.len() >= end + 4 + length.unwrap_or(0_usize) {
            return Ok((head, bytes[end + 4..].to_vec()));
        }
    }
}
