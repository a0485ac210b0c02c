//! Stands between the store and PostgreSQL and cuts the line at a COMMIT, before or after it takes effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens at the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cut {
    /// It passes.
    Never,
    /// The server never sees it.
    Before,
    /// The server does it; its answer never arrives.
    After,
}

/// The proxy; ends with the runtime.
pub struct Proxy {
    pub url: String,
    cut: Arc<AtomicU8>,
}

impl Proxy {
    /// In front of the server of this URL.
    pub async fn start(url: &str) -> Proxy {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (user, place) = rest.rsplit_once('@').unwrap();
        let (server, database) = place.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cut = Arc::new(AtomicU8::new(Cut::Never as u8));
        tokio::spawn(accept(listener, server.to_owned(), cut.clone()));
        Proxy { url: format!("{scheme}://{user}@{address}/{database}?sslmode=disable"), cut }
    }

    /// Cuts every line that sends a COMMIT from now on.
    pub fn cut(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, server: String, cut: Arc<AtomicU8>) {
    while let Ok((client, _)) = listener.accept().await {
        let upstream = TcpStream::connect(&server).await.unwrap();
        tokio::spawn(relay(client, upstream, cut.clone()));
    }
}

/// Ends, and so drops both sockets, when either side ends or a line is cut.
async fn relay(mut client: TcpStream, mut server: TcpStream, cut: Arc<AtomicU8>) {
    let (mut from_client, mut from_server) = ([0; 16384], [0; 16384]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(length @ 1..) = read else { return };
                let bytes = &from_client[..length];
                let commits = bytes.windows(7).any(|w| w == b"COMMIT\0");
                let cut = if commits { cut.load(Ordering::SeqCst) } else { Cut::Never as u8 };
                if cut == Cut::Before as u8 {
                    return;
                }
                if server.write_all(bytes).await.is_err() {
                    return;
                }
                if cut == Cut::After as u8 {
                    // Its answer is read here and goes nowhere: by then the commit is done.
                    let _ = server.read(&mut from_server).await;
                    return;
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&from_server[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
