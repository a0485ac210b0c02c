//! A registry that answers whatever a test wants, one request a connection.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::sha256;

/// One that listens until the tests end.
pub struct Stranger {
    /// Host and port.
    pub host: String,
    heard: Arc<Mutex<Vec<String>>>,
    sent: Arc<AtomicU64>,
}

/// What is answered: head and body, and how often the body comes.
pub struct Answer {
    pub head: String,
    pub body: Vec<u8>,
    pub times: u64,
}

impl Stranger {
    /// Answers each request by its head.
    pub fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Stranger {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (heard, sent, answer) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicU64>::default(), Arc::new(answer));
        let stranger = Stranger { host, heard: heard.clone(), sent: sent.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (heard, sent, answer) = (heard.clone(), sent.clone(), answer.clone());
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let head = head_of(&mut stream).unwrap_or_default();
                    heard.lock().unwrap().push(head.clone());
                    // Whoever asked may have gone, which is what some tests want.
                    let _ = give(&mut stream, &answer(&head), &sent);
                });
            }
        });
        stranger
    }

    /// Gives a manifest, and bytes for whatever blob it names.
    pub fn with(manifest: &Value, blob: &[u8]) -> Stranger {
        let (manifest, blob) = (manifest.to_string().into_bytes(), blob.to_vec());
        Stranger::start(move |head| if head.contains("/manifests/") { ok(&manifest) } else { ok(&blob) })
    }

    /// The heads of all requests so far, in lower case.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().iter().map(|head| head.to_ascii_lowercase()).collect()
    }

    /// Bytes of bodies that somebody took.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

fn head_of(stream: &mut TcpStream) -> io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn give(stream: &mut TcpStream, answer: &Answer, sent: &AtomicU64) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {}\r\nConnection: close\r\n\r\n", answer.head)?;
    for _ in 0..answer.times {
        stream.write_all(&answer.body)?;
        sent.fetch_add(answer.body.len() as u64, Ordering::SeqCst);
    }
    Ok(())
}

/// 200 and a body of which the length is told.
pub fn ok(body: &[u8]) -> Answer {
    Answer { head: format!("200 OK\r\nContent-Length: {}", body.len()), body: body.to_vec(), times: 1 }
}

/// A head alone.
pub fn head(head: impl Into<String>) -> Answer {
    Answer { head: format!("{}\r\nContent-Length: 0", head.into()), body: Vec::new(), times: 0 }
}

/// The manifest of a component.
pub fn manifest(component: &[u8]) -> Value {
    json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": { "mediaType": "application/vnd.wasm.config.v0+json", "digest": sha256(b"{}"), "size": 2 },
        "layers": [{ "mediaType": "application/wasm", "digest": sha256(component), "size": component.len() }],
    })
}
