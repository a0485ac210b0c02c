//! Attacks by real servers on loopback, which these tests permit; nothing of the way there is replaced but the names of hosts.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hardie_domain::delivery::{HeaderValue, HttpRequest};
use hardie_domain::secret::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

mod answers;
mod places;
mod secure;
mod where_to;

const PLUGIN: InstallationId = InstallationId(1);
const LONG: Duration = Duration::from_secs(60);
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Loopback is permitted, and `lookup` answers for the system's resolver.
fn egress(lookup: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static) -> Egress {
    Egress { lookup: Arc::new(lookup), ..Egress::new(|address| address.is_loopback(), Vec::new()) }
}

/// Every name is this machine.
fn here() -> Egress {
    egress(|_| Ok(vec![Ipv4Addr::LOCALHOST.into()]))
}

/// A server, and how many connections it has had.
struct Server {
    port: u16,
    came: Arc<AtomicUsize>,
}

impl Server {
    /// `answer` gets each connection when the head of a request is read, and that head.
    async fn start<F>(answer: impl Fn(TcpStream, String) -> F + Send + Sync + 'static) -> Server
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::on(listener, answer)
    }

    fn on<F>(listener: TcpListener, answer: impl Fn(TcpStream, String) -> F + Send + Sync + 'static) -> Server
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let (port, came) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let (count, answer) = (came.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                tokio::spawn(async move {
                    let head = head(&mut stream).await?;
                    answer(stream, head).await
                });
            }
        });
        Server { port, came }
    }

    /// Says the same to everybody.
    async fn saying(bytes: impl Into<Vec<u8>>) -> Server {
        let bytes = Arc::new(bytes.into());
        Server::start(move |mut stream, _| {
            let bytes = bytes.clone();
            async move {
                stream.write_all(&bytes).await?;
                stream.shutdown().await
            }
        })
        .await
    }

    fn url(&self) -> String {
        format!("http://hooks.test.example:{}/", self.port)
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn get(url: &str) -> Prepared {
    let request = HttpRequest { method: "GET".to_owned(), url: url.to_owned(), headers: Vec::new(), body: Vec::new() };
    fill(request, &|_, _| Ok(()), &|_, _, _| Ok(None)).unwrap()
}

/// Sends a GET that is allowed.
async fn fetch(egress: &Egress, url: &str) -> Result<HttpResponse, ServiceError> {
    let request = get(url);
    let allowed = [request.destination().to_string().parse().unwrap()];
    egress.send(PLUGIN, request, &allowed, LONG).await
}

/// The text of a failure, which is one that may pass.
fn failed(answer: Result<HttpResponse, ServiceError>) -> String {
    match answer {
        Err(ServiceError::Failed(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// The text of a refusal.
fn denied(answer: Result<HttpResponse, ServiceError>) -> String {
    match answer {
        Err(ServiceError::Denied(text)) => text,
        other => panic!("{other:?}"),
    }
}
