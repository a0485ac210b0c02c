//! A receiver that does as a test says, and remembers what it was sent.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use hardie_testkit::tools;
use serde_json::{Value, json};

/// One request.
#[derive(Clone, Debug)]
pub struct Heard {
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What a receiver does with a request.
#[derive(Clone, Debug)]
pub enum Does {
    /// Answers with this status and these header lines.
    Answer(u16, String),
    /// Refuses what holds this text, and takes the rest.
    Refuse(String),
    /// Says nothing for as long as the sender waits.
    Hang,
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    does: Arc<Mutex<Does>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Receiver {
    pub fn new(does: Does) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let receiver = Receiver { url, does: Arc::new(Mutex::new(does)), heard: Arc::default() };
        let own = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let own = own.clone();
                std::thread::spawn(move || own.serve(stream));
            }
        });
        receiver
    }

    pub fn ok() -> Receiver {
        Receiver::new(Does::Answer(200, String::new()))
    }

    pub fn becomes(&self, does: Does) {
        *self.does.lock().unwrap() = does;
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let Some(heard) = read(&mut reader) else { return };
        let does = match self.does.lock().unwrap().clone() {
            Does::Refuse(text) if String::from_utf8_lossy(&heard.body).contains(&text) => Does::Answer(422, String::new()),
            Does::Refuse(_) => Does::Answer(200, String::new()),
            does => does,
        };
        self.heard.lock().unwrap().push(heard);
        let mut stream = stream;
        // Whoever sent may have gone.
        let _ = match does {
            Does::Answer(status, lines) => {
                write!(stream, "HTTP/1.1 {status} So\r\n{lines}Content-Length: 2\r\nConnection: close\r\n\r\nok")
            }
            // Until the sender closes.
            Does::Hang => reader.read(&mut [0; 1]).map(drop),
            Does::Bytes(bytes) => stream.write_all(&bytes),
            Does::Refuse(_) => Ok(()),
        };
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Heard> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let split = |line: &String| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let mut heard = Heard { line: lines.first()?.clone(), headers: lines.iter().skip(1).filter_map(split).collect(), body: Vec::new() };
    // A GET has no body.
    let length = heard.header("content-length");
    heard.body = vec![0; if length.is_empty() { 0 } else { length.parse().ok()? }];
    reader.read_exact(&mut heard.body).ok()?;
    Some(heard)
}

/// Checks each signature of a request by Python's own `hmac`; the JSON that was signed, and the names of headers that were checked.
pub fn verified(heard: &Heard, secret: &str) -> Vec<String> {
    const CHECK: &str = "
import base64, hashlib, hmac, json, sys, urllib.parse
asked = json.load(sys.stdin)
head, body, key = asked['headers'], bytes.fromhex(asked['body']), asked['secret'].encode()
payload = body
if head['content-type'] == 'application/x-www-form-urlencoded':
    payload = urllib.parse.parse_qs(body.decode(), strict_parsing=True)['payload'][0].encode()
plain = hmac.new(key, payload, hashlib.sha256).hexdigest()
signed = head['webhook-id'].encode() + b'.' + head['webhook-timestamp'].encode() + b'.' + body
expected = {
    'x-gitea-signature': plain, 'x-gogs-signature': plain, 'x-forgejo-signature': plain, 'x-hub-signature-256': 'sha256=' + plain,
    'x-hub-signature': 'sha1=' + hmac.new(key, payload, hashlib.sha1).hexdigest(),
    'webhook-signature': 'v1,' + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode(),
}
json.loads(payload)
print(json.dumps(sorted(name for name, value in expected.items() if hmac.compare_digest(head.get(name, ''), value))))
";
    let headers: serde_json::Map<String, Value> = heard.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let body: String = heard.body.iter().map(|byte| format!("{byte:02x}")).collect();
    let asked = json!({ "headers": headers, "body": body, "secret": secret });
    #[expect(clippy::disallowed_methods, reason = "what checks a signature is to be no program of ours")]
    let mut command = Command::new(tools::python().unwrap());
    let mut child = command.env_clear().args(["-c", CHECK]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// All that are sent where there is a secret.
pub const SIGNED: [&str; 6] =
    ["webhook-signature", "x-forgejo-signature", "x-gitea-signature", "x-gogs-signature", "x-hub-signature", "x-hub-signature-256"];
