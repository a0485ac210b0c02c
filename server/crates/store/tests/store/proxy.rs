//! Stands between the store and PostgreSQL and cuts the line at a COMMIT, before or after it takes effect.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens at the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cut {
    /// It passes.
    Never = 0,
    /// The server never sees it.
    Before,
    /// The server does it; its answer never arrives.
    After,
    /// One is never seen, and of the next the answer is lost.
    BeforeThenAfter,
}

/// The proxy; ends with the runtime.
pub struct Proxy {
    pub url: String,
    plan: Arc<Plan>,
}

#[derive(Default)]
struct Plan {
    cut: AtomicU8,
    /// COMMITs that still pass before the cut.
    passing: AtomicU32,
    /// Cuts that are left; 0 for no bound.
    left: AtomicU32,
}

impl Plan {
    fn at_commit(&self) -> u8 {
        let cut = self.cut.load(Ordering::SeqCst);
        if cut == Cut::Never as u8 {
            return cut;
        }
        if self.passing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
            return Cut::Never as u8;
        }
        if self.left.load(Ordering::SeqCst) > 0 && self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.cut.store(Cut::Never as u8, Ordering::SeqCst);
        } else if cut == Cut::BeforeThenAfter as u8 {
            self.cut.store(Cut::After as u8, Ordering::SeqCst);
            return Cut::Before as u8;
        }
        cut
    }
}

impl Proxy {
    /// In front of the server of this URL.
    pub async fn start(url: &str) -> Proxy {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (user, place) = rest.rsplit_once('@').unwrap();
        let (server, database) = place.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let plan = Arc::<Plan>::default();
        tokio::spawn(accept(listener, server.to_owned(), plan.clone()));
        Proxy { url: format!("{scheme}://{user}@{address}/{database}?sslmode=disable"), plan }
    }

    /// Cuts every line that sends a COMMIT from now on.
    pub fn cut(&self, cut: Cut) {
        self.plan.passing.store(0, Ordering::SeqCst);
        self.plan.left.store(0, Ordering::SeqCst);
        self.plan.cut.store(cut as u8, Ordering::SeqCst);
    }

    /// Lets so many COMMITs pass, cuts the next one, and is quiet again.
    pub fn cut_one_after(&self, passing: u32, cut: Cut) {
        self.plan.passing.store(passing, Ordering::SeqCst);
        self.plan.left.store(if cut == Cut::BeforeThenAfter { 2 } else { 1 }, Ordering::SeqCst);
        self.plan.cut.store(cut as u8, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, server: String, plan: Arc<Plan>) {
    while let Ok((client, _)) = listener.accept().await {
        let upstream = TcpStream::connect(&server).await.unwrap();
        tokio::spawn(relay(client, upstream, plan.clone()));
    }
}

/// Ends, and so drops both sockets, when either side ends or a line is cut.
async fn relay(mut client: TcpStream, mut server: TcpStream, plan: Arc<Plan>) {
    let (mut from_client, mut from_server) = ([0; 16384], [0; 16384]);
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let Ok(length @ 1..) = read else { return };
                let bytes = &from_client[..length];
                let commits = bytes.windows(7).any(|w| w == b"COMMIT\0");
                let cut = if commits { plan.at_commit() } else { Cut::Never as u8 };
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
