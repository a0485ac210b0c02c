//! Debian's `docker-registry`, started for one test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use hardie_testkit::Git;

/// One that runs until it is dropped.
pub struct Registry {
    child: Child,
    /// Host and port.
    pub host: String,
}

impl Registry {
    /// Starts one on loopback, in somebody's home. `user` is who alone may do anything, with a password.
    pub fn start(git: &Git, user: Option<(&str, &str)>) -> Registry {
        let mut config = serde_json::json!({
            "version": "0.1", "log": { "level": "info", "accesslog": { "disabled": true } },
            "storage": { "filesystem": { "rootdirectory": git.path("registry") } }, "http": { "addr": "127.0.0.1:0" },
        });
        if let Some((name, password)) = user {
            std::fs::write(git.path("htpasswd"), format!("{name}:{}\n", hashed(git, password))).unwrap();
            config["auth"] = serde_json::json!({ "htpasswd": { "realm": "tests", "path": git.path("htpasswd") } });
        }
        // JSON is YAML.
        std::fs::write(git.path("registry.yml"), config.to_string()).unwrap();
        let mut command = git.command("docker-registry");
        command.args(["serve", "registry.yml"]).current_dir(git.home()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("docker-registry is there after `cargo xtask test`");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let listens = |line: String| Some(line.split_once("listening on ")?.1.split('"').next()?.to_owned());
        let host = lines.by_ref().map_while(Result::ok).find_map(listens).expect("docker-registry ended without listening");
        // What nobody reads would block it.
        std::thread::spawn(move || lines.for_each(drop));
        Registry { child, host }
    }

    /// The body of an address, asked for by hand.
    pub fn get(&self, path: &str, accept: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\nAccept: {accept}\r\n\r\n", self.host).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
        assert!(answer.starts_with(b"HTTP/1.0 200"), "{}", String::from_utf8_lossy(&answer));
        answer.split_off(head + 4)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// bcrypt, by the system's library.
fn hashed(git: &Git, password: &str) -> String {
    let salt = format!("$2y$05${}", "abcdefghijklmnopqrstuu");
    let output = git.command("perl").args(["-e", "print crypt($ARGV[0], $ARGV[1])", password, &salt]).output().unwrap();
    let hash = String::from_utf8(output.stdout).unwrap();
    assert!(hash.starts_with("$2y$05$"), "perl knows no bcrypt: {hash}");
    hash
}
