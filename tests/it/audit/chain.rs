//! Whoever changes, removes or moves a line is found out, and which line it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hardie_app::audit::{parse_link, seal_audit, shown_link};
use hardie_domain::audit::{AuditEntry, Link};
use hardie_testkit::postgres::Database;
use hardie_testkit::{FakeClock, Options, TestServer};
use sha2::{Digest as _, Sha256};

use super::{fault, look, sealed};
use crate::api::Asker;
use crate::backup::{admin, done};

async fn server_on(database: &Database) -> TestServer {
    TestServer::start_with(Options { database: Some(database.url().to_owned()), ..Options::default() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_of_tampering_is_named_with_the_first_line_that_it_touched() {
    let database = Database::new().unwrap();
    let server = server_on(&database).await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    for repo in ["one", "two", "three", "four"] {
        server.repo(&alice, repo, false).await.unwrap();
    }
    sealed(app).await;
    let report = look(app, None).await;
    assert!(report.fault.is_none() && report.lines >= 6 && report.head.seq == report.lines, "{report:?}");
    let head = report.head;
    database.execute("CREATE TABLE kept AS SELECT * FROM audit; CREATE TABLE kept_chain AS SELECT * FROM audit_chain").unwrap();
    let undo =
        "TRUNCATE audit; INSERT INTO audit SELECT * FROM kept; DELETE FROM audit_chain; INSERT INTO audit_chain SELECT * FROM kept_chain";
    let cut = format!(
        "DELETE FROM audit WHERE seq = {}; UPDATE audit_chain SET head_seq = k.seq, head_hash = k.hash FROM \
         (SELECT seq, hash FROM kept WHERE seq = {}) k",
        head.seq,
        head.seq - 1
    );
    let last_is_missing = format!("lines {} to {} are missing", head.seq, head.seq);
    let cases = [
        ("UPDATE audit SET detail = 'bob/one' WHERE seq = 3".to_owned(), "line 3 "),
        ("UPDATE audit SET actor_id = 99 WHERE seq = 4".to_owned(), "line 4 "),
        ("UPDATE audit SET at = at + 1 WHERE seq = 1".to_owned(), "line 1 "),
        ("UPDATE audit SET outcome = 'denied' WHERE seq = 2".to_owned(), "line 2 "),
        ("UPDATE audit SET hash = decode(repeat('ab', 32), 'hex') WHERE seq = 5".to_owned(), "line 5 "),
        ("DELETE FROM audit WHERE seq = 4".to_owned(), "line 4 is missing"),
        ("DELETE FROM audit WHERE seq = 1".to_owned(), "line 1 is missing"),
        (format!("DELETE FROM audit WHERE seq = {}", head.seq), last_is_missing.as_str()),
        (
            "UPDATE audit SET seq = 1000 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 1000"
                .to_owned(),
            "line 2 ",
        ),
        ("UPDATE audit_chain SET head_hash = decode(repeat('ab', 32), 'hex')".to_owned(), "ends with another hash"),
        ("UPDATE audit_chain SET base_seq = 2".to_owned(), "before the beginning"),
    ];
    for (tampering, expected) in cases {
        database.execute(&tampering).unwrap();
        let found = fault(app, None).await;
        assert!(found.contains(expected), "{tampering}: {found}");
        database.execute(undo).unwrap();
        assert_eq!(fault(app, Some(head)).await, "nothing");
    }
    // The whole end is gone and the chain says that it ends there: only who noted the head before knows.
    database.execute(&cut).unwrap();
    assert_eq!(fault(app, None).await, "nothing");
    assert!(fault(app, Some(head)).await.contains("cut off"));
    database.execute(undo).unwrap();
    let other = Link { hash: [7; 32], ..head };
    assert!(fault(app, Some(other)).await.contains("rewritten"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sealers_that_race_on_one_database_make_one_chain() {
    let database = Database::new().unwrap();
    let clock = FakeClock::default();
    let mut options = Options { database: Some(database.url().to_owned()), ..Options::default() };
    options.ports.clock = Arc::new(clock.clone());
    let server = TestServer::start_with(options).await.unwrap();
    let app = server.server.app.clone();
    let written = Arc::new(AtomicBool::new(false));
    let mut tasks = Vec::new();
    for node in 0..4 {
        let (app, clock, written) = (app.clone(), clock.clone(), written.clone());
        tasks.push(tokio::spawn(async move {
            while !written.load(Ordering::SeqCst) || app.store.has_unsealed_audit().await.unwrap() {
                seal_audit(&app, &format!("node-{node}/x")).await.unwrap();
                // The lease runs out at once, so that the others do not merely wait for it.
                clock.advance(16);
            }
        }));
    }
    for n in 0..200 {
        let mut tx = app.store.begin().await.unwrap();
        tx.insert_audit(&AuditEntry { detail: n.to_string(), ..AuditEntry::by_server("test") }, hardie_domain::time::Timestamp(n))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    written.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    let report = look(&app, None).await;
    assert!(report.fault.is_none() && report.lines >= 200 && report.unsealed == 0, "{report:?}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_in_the_file_is_found_by_the_commands_and_the_export_can_be_checked_elsewhere() {
    let server = TestServer::start().await.unwrap();
    let root = server.admin("root").await.unwrap();
    server.repo(&root, "honest", false).await.unwrap();
    sealed(&server.server.app).await;
    let exported = Asker::new(&server, Some(&root)).get("/admin/audit/export");
    assert_eq!((exported.status, exported.header("content-type")), (200, "application/x-ndjson"));
    let data = server.stop().await.unwrap();
    let printed = done(data.path(), &["audit", "verify", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let head = parse_link(report["head"].as_str().unwrap()).unwrap();
    assert_eq!(check_elsewhere(&exported.text()), shown_link(head));
    assert_eq!(check_elsewhere(&done(data.path(), &["audit", "export"])), shown_link(head));
    done(data.path(), &["audit", "verify", "--noted", &shown_link(head)]);
    assert!(!admin(data.path(), &["audit", "verify", "--noted", "1:ab"]).ok);

    let file = data.path().join("hardie.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let places: Vec<usize> = bytes.windows(11).enumerate().filter(|(_, w)| *w == b"root/honest").map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + 5] = b'H';
    }
    std::fs::write(&file, bytes).unwrap();
    for arguments in [&["audit", "verify"][..], &["verify"]] {
        let ended = admin(data.path(), arguments);
        assert!(!ended.ok && ended.err.contains("repository.create") && ended.err.contains("changed or moved"), "{arguments:?}: {ended:?}");
    }
}

/// A program of somebody else's, written after docs/audit.md: the head that it comes to.
fn check_elsewhere(export: &str) -> String {
    let mut hash = vec![0; 32];
    let mut last = 0;
    for line in export.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(head) = line["head"].as_str() {
            assert_eq!(head, format!("{last}:{}", hex(&hash)));
            return head.to_owned();
        }
        let mut bytes = b"hardie audit 1\n".to_vec();
        bytes.extend_from_slice(&hash);
        let number = |bytes: &mut Vec<u8>, name: &str| match line[name].as_i64() {
            Some(value) => {
                bytes.push(b'i');
                bytes.extend_from_slice(&value.to_be_bytes());
            }
            None => bytes.push(b'-'),
        };
        let text = |bytes: &mut Vec<u8>, name: &str| {
            let value = line[name].as_str().unwrap();
            if name == "address" && value.is_empty() {
                return bytes.push(b'-');
            }
            bytes.push(b't');
            bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
            bytes.extend_from_slice(value.as_bytes());
        };
        for name in ["seq", "id", "at_ms"] {
            number(&mut bytes, name);
        }
        text(&mut bytes, "action");
        for name in ["actor_id", "account_id", "repository_id"] {
            number(&mut bytes, name);
        }
        for name in ["address", "door", "credential", "request_id", "result"] {
            text(&mut bytes, name);
        }
        number(&mut bytes, "times");
        text(&mut bytes, "detail");
        hash = Sha256::digest(&bytes).to_vec();
        last = line["seq"].as_i64().unwrap();
        assert_eq!(line["hash"].as_str().unwrap(), hex(&hash), "{line}");
    }
    panic!("the export has no end");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
