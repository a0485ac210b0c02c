use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use super::*;

/// Answers one connection with fixed bytes and hands back what was asked.
fn answering(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let n = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..n]);
            if n == 0 || complete(&request) {
                break;
            }
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (base, asked)
}

fn complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    body.len() >= length
}

#[tokio::test]
async fn a_token_and_a_json_body_are_sent_and_the_answer_is_read() {
    let (base, asked) = answering("HTTP/1.1 201 Created\r\ncontent-length: 8\r\nconnection: close\r\n\r\n{\"id\":7}");
    let client = ApiClient::new(&base, Some(&Secret::new("hrd_abc"))).unwrap();
    let answer = client.post_json("/api/v1/user/repos", &serde_json::json!({"name": "anvil"})).await.unwrap();
    assert!(answer.is_success());
    assert_eq!(answer.json::<serde_json::Value>().unwrap()["id"], 7);
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("POST /api/v1/user/repos HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("authorization: token hrd_abc\r\n"), "{asked}");
    assert!(asked.ends_with("{\"name\":\"anvil\"}"), "{asked}");
}

#[tokio::test]
async fn an_error_envelope_becomes_its_message() {
    let (base, _asked) =
        answering("HTTP/1.1 404 Not Found\r\ncontent-length: 30\r\nconnection: close\r\n\r\n{\"message\":\"repository: none\"} ");
    let answer = ApiClient::new(&base, None).unwrap().get("/api/v1/repos/a/b").await.unwrap();
    assert_eq!((answer.status, answer.message().as_str()), (404, "repository: none"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_so_the_token_stays_here() {
    let (base, _asked) = answering("HTTP/1.1 301 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let client = ApiClient::new(&base, Some(&Secret::new("hrd_abc"))).unwrap();
    assert_eq!(client.get("/x").await.unwrap().status, 301);
}

#[tokio::test]
async fn a_silent_port_says_what_to_start() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = ApiClient::new(&base, None).unwrap().get("/").await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("is `hardie serve` running there?"), "{error}");
}

#[test]
fn a_token_with_a_line_break_inside_is_refused() {
    let error = ApiClient::new("http://127.0.0.1:1", Some(&Secret::new("hrd_\r\nx: y"))).unwrap_err();
    assert!(matches!(error, Error::Token));
}

#[test]
fn a_client_shows_no_token_in_its_debug_form() {
    let client = ApiClient::new("http://127.0.0.1:1", Some(&Secret::new("hrd_topsecret"))).unwrap();
    assert!(!format!("{client:?}").contains("topsecret"));
}

#[tokio::test]
async fn an_answer_beyond_the_cap_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        let chunk = vec![b'x'; 1 << 20];
        while stream.write_all(&chunk).is_ok() {}
    });
    let error = ApiClient::new(&base, None).unwrap().get("/").await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
}
