//! `hardie web` without a browser: what it serves, what it passes on, and how it ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use hardie_testkit::{ServerProcess, tools};

use super::forge::Forge;
use super::wire;

#[test]
fn the_first_load_stays_within_its_budget() {
    const BUDGET: usize = 350_000;
    let forge = Forge::start().unwrap();
    let front = forge.front().unwrap();
    let page = wire::ask(&front, "GET", "/", &[("accept-encoding", "br, gzip")], b"").unwrap();
    assert_eq!(page.status, 200);
    let plain = wire::ask(&front, "GET", "/", &[], b"").unwrap().text();
    // A short page quotes nothing that it need not.
    let files: Vec<&str> = plain.split(['"', '\'', '=', ' ', '>']).filter(|part| part.starts_with("/-/ui/")).collect();
    for kind in [".wasm", ".js", ".css", ".svg"] {
        assert!(files.iter().any(|file| file.ends_with(kind)), "{kind}: {plain}");
    }
    let mut total = page.body.len();
    let mut counted = std::collections::BTreeSet::new();
    for file in files.into_iter().filter(|file| counted.insert(file.to_string())) {
        let answer = wire::ask(&front, "GET", file, &[("accept-encoding", "br, gzip")], b"").unwrap();
        assert_eq!(answer.status, 200, "{file}");
        assert!(answer.header("cache-control").contains("immutable"), "{file} is not immutable");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        total += answer.body.len();
    }
    println!("first load: {total} bytes");
    // A debug bundle is large and has no compressed forms: only what ships is held to the budget.
    let shipped = wire::ask(&front, "GET", "/", &[("accept-encoding", "br")], b"").unwrap().header("content-encoding") == "br";
    assert!(!shipped || total <= BUDGET, "{total} bytes");
}

#[test]
fn git_clones_and_pushes_through_the_front_with_large_bodies() {
    let forge = Forge::start().unwrap();
    let git = &forge.git;
    let headers = [("content-type", "application/json")];
    let auth = format!("Basic {}", git.basic_auth().unwrap());
    let headers = [headers[0], ("authorization", auth.as_str())];
    let made = wire::ask(&forge.front().unwrap(), "POST", "/api/v1/user/repos", &headers, br#"{"name":"big","private":true}"#).unwrap();
    assert_eq!(made.status, 201, "{}", made.text());
    let dir = git.init("big").unwrap();
    // Incompressible, so that it is chunked, expects 100-continue, and does not fit any buffer on the way.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = Vec::with_capacity(24 << 20);
    while noise.len() < 24 << 20 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    std::fs::write(dir.join("noise.bin"), &noise).unwrap();
    git.ok(&dir, &["add", "."]).unwrap();
    git.ok(&dir, &["commit", "--quiet", "-m", "Noise"]).unwrap();
    git.ok(&dir, &["-c", "http.postBuffer=65536", "push", "--quiet", &forge.remote("ann/big"), "main"]).unwrap();
    git.ok(git.home(), &["clone", "--quiet", &forge.remote("ann/big"), "copy"]).unwrap();
    assert!(std::fs::read(git.path("copy").join("noise.bin")).unwrap() == noise);
}

#[test]
fn an_answer_streams_through_before_it_has_ended() {
    let api = TcpListener::bind("127.0.0.1:0").unwrap();
    let web = ServerProcess::web(&format!("http://{}", api.local_addr().unwrap()), &tools::web_dist().unwrap()).unwrap();
    let mut client = TcpStream::connect(web.url().strip_prefix("http://").unwrap()).unwrap();
    client.write_all(b"GET /api/v1/slow HTTP/1.1\r\nhost: forge.example\r\nx-forwarded-for: 6.6.6.6\r\nconnection: close\r\n\r\n").unwrap();
    let (mut server, _) = api.accept().unwrap();
    let mut asked = String::new();
    for line in BufReader::new(server.try_clone().unwrap()).lines() {
        let line = line.unwrap().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        asked.push_str(&line);
        asked.push('\n');
    }
    assert!(asked.contains("x-forwarded-host: forge.example\n"), "{asked}");
    assert!(asked.contains("x-forwarded-for: 6.6.6.6\nx-forwarded-for: 127.0.0.1\n"), "{asked}");
    server.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n").unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 1024];
    while !seen.ends_with(b"first\r\n") {
        let count = client.read(&mut buffer).unwrap();
        assert!(count > 0, "the answer ended early: {}", String::from_utf8_lossy(&seen));
        seen.extend_from_slice(&buffer[..count]);
    }
    server.write_all(b"4\r\nlast\r\n0\r\n\r\n").unwrap();
    client.read_to_end(&mut seen).unwrap();
    assert!(String::from_utf8_lossy(&seen).contains("last"));
}

#[test]
fn sigterm_ends_it_well_and_a_missing_bundle_is_refused_with_the_remedy() {
    let web = ServerProcess::web("http://127.0.0.1:9", &tools::web_dist().unwrap()).unwrap();
    let front = web.url().strip_prefix("http://").unwrap().to_owned();
    let down = wire::ask(&front, "GET", "/api/v1/version", &[], b"").unwrap();
    assert_eq!(down.status, 502);
    assert!(down.text().contains("is `hardie serve` running there?"), "{}", down.text());
    let (status, _) = web.terminate().unwrap();
    assert!(status.success());
    let nothing = tempfile::tempdir().unwrap();
    let refused = ServerProcess::web("http://127.0.0.1:9", nothing.path()).unwrap_err().to_string();
    assert!(refused.contains("build the UI first"), "{refused}");
}
