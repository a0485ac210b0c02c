//! Answers that never end, come slowly, or are more than they seem.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// The real bounds, but for shorter times.
fn hasty() -> Egress {
    let bounds = Bounds { head: Duration::from_millis(400), pace: Duration::from_millis(300), ..Bounds::default() };
    Egress { bounds, ..here() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(body: &[u8], encoding: &str) -> Vec<u8> {
    let mut all = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    all.extend_from_slice(body);
    all
}

/// Says `first`, then `again` for ever, with `pause` between.
async fn endless(first: &'static str, again: &'static str, pause: Duration) -> Server {
    Server::start(move |mut stream, _| async move {
        stream.write_all(first.as_bytes()).await?;
        loop {
            stream.write_all(again.as_bytes()).await?;
            tokio::time::sleep(pause).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_given_up() {
    let server = endless("HTTP/1.1 200 OK\r\n\r\n", "x", Duration::from_millis(10)).await;
    let text = failed(fetch(&hasty(), &server.url()).await);
    assert!(text.contains("too slowly"), "{text}");
    let server = endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", Duration::from_millis(10)).await;
    let text = failed(fetch(&hasty(), &server.url()).await);
    assert!(text.contains("too slowly"), "{text}");
}

#[tokio::test]
async fn a_head_is_an_answer_whatever_its_body_is() {
    let ask = async |server: &Server| {
        let request = get(&server.url());
        let allowed = [request.destination().to_string().parse().unwrap()];
        hasty().send_for_head(PLUGIN, request, &allowed, Duration::from_millis(700)).await
    };
    let slow = endless("HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n", "x", Duration::from_millis(10)).await;
    let large = endless("HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n", "y".repeat(8 << 10).leak(), Duration::ZERO).await;
    let cut = Server::saying("HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 100\r\n\r\nhalf").await;
    let broken = Server::saying(gzipped(b"no gzip", "gzip")).await;
    let unknown = Server::saying(gzipped(b"what is this", "br")).await;
    for (place, server) in [slow, large, cut, broken, unknown].iter().enumerate() {
        let answer = ask(server).await.unwrap();
        assert!(answer.status == 200 && answer.body.is_empty(), "{place}: {answer:?}");
        assert!(place > 2 || answer.headers.contains(&("x-a".to_owned(), "b".to_owned())), "{place}: {answer:?}");
    }
    assert!(failed(ask(&Server::saying("HTTP/1.1 2").await).await).contains("closed the connection"));
}

#[tokio::test]
async fn a_head_that_does_not_end_is_given_up() {
    for again in ["", "H", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"] {
        let server = endless("", again, Duration::from_millis(10)).await;
        let text = failed(fetch(&hasty(), &server.url()).await);
        assert!(text.contains("did not begin to answer") || text.contains("not HTTP"), "{again:?}: {text}");
    }
    let long: &'static str = "c".repeat(1 << 10).leak();
    let large: &'static str = format!("{long}\r\nX-C: ").leak();
    let many: &'static str = "d\r\nX-D: ".repeat(128).leak();
    for again in [large, long, many] {
        let server = endless("HTTP/1.1 200 OK\r\nX-C: ", again, Duration::ZERO).await;
        let text = failed(fetch(&here(), &server.url()).await);
        assert!(text.contains("headers of its answer"), "{text}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut() {
    let server = Server::start(|mut stream, _| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        loop {
            stream.write_all(&[b'x'; 8192]).await?;
        }
    })
    .await;
    let text = failed(fetch(&here(), &server.url()).await);
    assert!(text.contains("more than 4194304 bytes"), "{text}");
}

#[tokio::test]
async fn gzip_is_inflated_up_to_the_bound() {
    let inflated = vec![b'a'; 4 << 20];
    let answer = fetch(&here(), &Server::saying(gzipped(&gzip(&inflated), "gzip")).await.url()).await.unwrap();
    assert!(answer.body == inflated);
    assert!(answer.headers.iter().all(|(name, _)| name != "content-encoding" && name != "content-length"), "{:?}", answer.headers);
    let empty = fetch(&here(), &Server::saying(gzipped(b"", "gzip")).await.url()).await.unwrap();
    assert!(empty.body.is_empty());

    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 1 << 20, "small on the way: {}", bomb.len());
    let text = failed(fetch(&here(), &Server::saying(gzipped(&bomb, "gzip")).await.url()).await);
    assert!(text.contains("more than 4194304 bytes"), "{text}");

    let whole = gzip(b"some text");
    for body in [whole.split_at(whole.len() - 4).0, b"no gzip at all"] {
        let text = failed(fetch(&here(), &Server::saying(gzipped(body, "gzip")).await.url()).await);
        assert!(text.contains("broken or cut off") && !text.contains("no gzip"), "{text}");
    }
    for encoding in ["br", "gzip, gzip", "gzip\r\nContent-Encoding: gzip", "deflate"] {
        let text = failed(fetch(&here(), &Server::saying(gzipped(&gzip(&bomb), encoding)).await.url()).await);
        assert!(text.contains("not asked for"), "{text}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_told_without_repeating_it() {
    for said in [
        "SSH-2.0-inner_9.9\r\n",
        "220 inner mail\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ninner",
        "HTTP/1.1 200 OK\r\ninner header\r\n\r\n",
    ] {
        let text = failed(fetch(&here(), &Server::saying(said).await.url()).await);
        assert!(!text.contains("inner"), "{text}");
    }
    let upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: inner\r\n\r\n";
    failed(fetch(&here(), &Server::saying(upgrade).await.url()).await);
}

#[tokio::test]
async fn the_deadline_of_the_caller_counts() {
    let server = endless("", "", Duration::from_millis(10)).await;
    let request = get(&server.url());
    let allowed = [request.destination().to_string().parse().unwrap()];
    let text = failed(here().send(PLUGIN, request, &allowed, Duration::from_millis(200)).await);
    assert!(text.contains("within 200ms"), "{text}");
}
