//! Clients that hold what they do not use.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use futures_util::{StreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::{Cut, serve};
use crate::HttpConfig;

const LIMIT: Duration = Duration::from_millis(300);

async fn start(config: HttpConfig, router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router, config, std::future::pending()));
    address
}

/// What the server sends until it closes, however it does.
async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    match tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut all)).await.expect("closed") {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => all,
    }
}

async fn ask(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    rest(stream).await
}

#[tokio::test]
async fn connections_that_say_nothing_or_too_little_are_closed() {
    let config = HttpConfig { head_timeout: LIMIT, ..HttpConfig::default() };
    let address = start(config, Router::new()).await;
    for said in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n\r\nS", b"GET / HTTP/1.1\r\nhost: h\r\n"] {
        let began = Instant::now();
        ask(address, said).await;
        assert!(began.elapsed() >= LIMIT, "{said:?}");
    }
}

#[tokio::test]
async fn a_client_has_its_share_of_connections_and_a_trusted_proxy_has_none() {
    let ok = Router::new().route("/", get(|| async { "ok" }));
    let request = b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let config = HttpConfig { connections_per_client: 2, ..HttpConfig::default() };
    let address = start(config.clone(), ok.clone()).await;
    let mut held = vec![TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
    let refused = ask(address, b"").await;
    assert!(refused.starts_with(b"HTTP/1.1 503 ") && refused.ends_with(b"from one network"), "{}", String::from_utf8_lossy(&refused));
    // The place is free as soon as the server has seen the end of the one that held it.
    drop(held.pop());
    let mut answer = Vec::new();
    while !answer.starts_with(b"HTTP/1.1 200 ") {
        answer = ask(address, request).await;
    }
    let trusting = HttpConfig { trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()], ..config };
    let address = start(trusting, ok).await;
    let _held = [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
    assert!(ask(address, request).await.starts_with(b"HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_cut_off() {
    let large = Router::new().route("/", get(|| async { vec![b'x'; 64 << 20] }));
    let config = HttpConfig { stall_timeout: LIMIT, ..HttpConfig::default() };
    let address = start(config, large).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await.unwrap();
    // The server's end is what it notices, so wait for an error on this one without reading: writing to a closed one fails.
    let began = Instant::now();
    while stream.write_all(b" ").await.is_ok() {
        assert!(began.elapsed() < Duration::from_secs(30), "still open");
        tokio::task::yield_now().await;
    }
    assert!(began.elapsed() >= LIMIT);
    assert!(rest(stream).await.len() < 64 << 20);
}

#[tokio::test]
async fn a_request_can_end_its_connection_in_the_middle_of_its_answer() {
    let endless = Router::new().route(
        "/",
        get(|cut: Extension<Cut>| async move {
            let first = stream::once(async { Ok::<_, Infallible>("the beginning") });
            Body::from_stream(first.chain(stream::once(async move {
                cut.cut();
                std::future::pending().await
            })))
        }),
    );
    let address = start(HttpConfig::default(), endless).await;
    let answer = ask(address, b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    assert!(!answer.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&answer));
}
