//! Backups that are cut off, damaged or made to do harm.

use std::path::Path;

use hardie_testkit::TestServer;

use super::{Ended, done, fed, names, parts};
use crate::git::with_repo;
use crate::support::{choices, soak};

async fn a_backup() -> Vec<u8> {
    let server = TestServer::start().await.unwrap();
    let (_, _, _) = with_repo(&server, "alice", "tool").await;
    let data = server.stop().await.unwrap();
    let file = data.path().with_extension("tar");
    done(data.path(), &["backup", file.to_str().unwrap(), "--with-key"]);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    bytes
}

/// It must be refused in words, and leave nothing behind.
fn refused(backup: &[u8], what: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let ended = fed(&data, &["restore", "-", "--quiet"], backup);
    assert!(!ended.ok, "{what} was restored: {ended:?}");
    assert!(!ended.err.contains("panicked") && ended.err.starts_with("hardie: nothing was restored"), "{what}: {ended:?}");
    assert_eq!(names(&data), ["lock"], "{what}: {ended:?}");
    assert_eq!(names(folder.path()), ["data"], "{what}");
    ended
}

/// A header with the checksum that belongs to it.
fn header(name: &str, size: u64) -> Vec<u8> {
    let mut block = vec![0; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000600\x000000000\x000000000\0");
    if size < 1 << 33 {
        put(124, format!("{size:011o}\0").as_bytes());
    } else {
        put(124, &[0x80]);
        put(128, &size.to_be_bytes());
    }
    put(136, b"00000000000\0");
    put(148, b"        0");
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn part(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, content.len() as u64);
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().div_ceil(512) * 512, 0);
    bytes
}

/// The backup with other bytes where a part was.
fn with(backup: &[u8], name: &str, instead: &[u8]) -> Vec<u8> {
    let (at, content) = &parts(backup)[name];
    let end = at + 512 + content.len().div_ceil(512) * 512;
    [&backup[..*at], instead, &backup[end..]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_or_damaged_is_refused_and_leaves_nothing() {
    let whole = a_backup().await;
    let mut random = choices("backup_damage");
    let times = if soak() { 200 } else { 12 };
    for end in [0, 1, 511, 512, whole.len() / 2, whole.len() - 1024, whole.len() - 512, whole.len() - 1] {
        let ended = refused(&whole[..end], &format!("{end} bytes of {}", whole.len()));
        assert!(ended.err.contains("cut off"), "{ended:?}");
    }
    for _ in 0..times {
        let end = usize::try_from(random.below(whole.len() as u64)).unwrap();
        refused(&whole[..end], &format!("{end} bytes"));
        let (at, bit) = (usize::try_from(random.below(whole.len() as u64)).unwrap(), random.below(8));
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        refused(&bytes, &format!("bit {bit} of byte {at}"));
    }
    // A word that nothing is compared with: a table without rows.
    let (at, manifest) = parts(&whole)["manifest.json"].clone();
    let word = String::from_utf8(manifest).unwrap().find("\"verdict\":0").unwrap();
    let mut bytes = whole.clone();
    bytes[at + 512 + word + 3] ^= 2;
    assert!(refused(&bytes, "the manifest").err.contains("manifest.json"));
    assert!(refused(&[whole.as_slice(), b"x"].concat(), "more").err.contains("after its end"));
    assert!(refused(b"PK\x03\x04 something else entirely", "another file").err.contains("cut off"));
    assert!(refused(&vec![b'x'; 4096], "another file").err.contains("not a backup"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tries_to_do_harm_is_refused_by_name() {
    let whole = a_backup().await;
    let found = parts(&whole);
    let pack = found.keys().find(|name| name.ends_with(".pack")).unwrap();
    let index = pack.replace(".pack", ".idx");
    for name in
        ["../evil", "/etc/evil", "packs/../../evil", "keys/../evil", "keys/authorized_keys", "rows/000000-session.jsonl", "packs/evil"]
    {
        let ended = refused(&with(&whole, pack, &part(name, b"evil")), name);
        assert!(ended.err.contains(&format!("{name:?}")) && ended.err.contains("does not know"), "{ended:?}");
    }
    for size in [1 << 50, u64::MAX] {
        let ended = refused(&with(&whole, pack, &header(pack, size)), "a size that no disk has");
        assert!(ended.err.contains(&size.to_string()) && ended.err.contains("free"), "{ended:?}");
        let ended = refused(&with(&whole, "counters.json", &header("counters.json", size)), "a size that no memory has");
        assert!(ended.err.contains("counters.json") && ended.err.contains("allowed"), "{ended:?}");
    }
    let other = refused(&with(&whole, pack, &part(pack, b"PACK, but another one altogether, of some length")), "other bytes");
    assert!(other.err.contains("not those of its name"), "{other:?}");
    let other = refused(&with(&whole, &index, &part(&index, &[7; 2000])), "another index");
    assert!(other.err.contains("index"), "{other:?}");
    let missing = refused(&with(&whole, &index, b""), "a pack without its index");
    assert!(missing.err.contains("not where it should be"), "{missing:?}");
    let twice = [part(pack, &found[pack].1), part(&index, &found[&index].1)].concat();
    refused(&with(&whole, "manifest.json", &[twice, part("manifest.json", &found["manifest.json"].1)].concat()), "a pack that comes twice");
    let rows = found.keys().find(|name| name.ends_with("-repo.jsonl")).unwrap();
    let row = String::from_utf8(found[rows].1.clone()).unwrap();
    let changed = row.replace("\"tool\"", "\"fool\"");
    let ended = refused(&with(&whole, rows, &part(rows, changed.as_bytes())), "a row that was changed");
    assert!(ended.err.contains("damaged") && ended.err.contains("repo"), "{ended:?}");
}

/// The backup with these parts in place of those of the same names, and a manifest that says so.
fn consistent(whole: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let mut manifest: serde_json::Value = serde_json::from_slice(&parts(whole)["manifest.json"].1).unwrap();
    let sha256 = hash(content);
    for listed in manifest["parts"].as_array_mut().unwrap() {
        if listed["name"] == name {
            listed["size"] = content.len().into();
            listed["sha256"] = sha256.clone().into();
        }
    }
    let changed = with(whole, name, &part(name, content));
    let manifest = manifest.to_string();
    let changed = with(&changed, "manifest.json", &part("manifest.json", manifest.as_bytes()));
    let seal = format!("{}  manifest.json\n", hash(manifest.as_bytes()));
    with(&changed, "manifest.sha256", &part("manifest.sha256", seal.as_bytes()))
}

fn hash(content: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    std::fs::write(&file, content).unwrap();
    let said = hardie_testkit::Git::new("hash").unwrap().command("sha256sum").arg(&file).output().unwrap();
    String::from_utf8_lossy(&said.stdout).split(' ').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_backup_and_rows_that_do_not_fit_are_refused_by_name() {
    let whole = a_backup().await;
    let found = parts(&whole);
    let head: serde_json::Value = serde_json::from_slice(&found["hardie-backup.json"].1).unwrap();
    for (key, value, expected) in [("format", 2, "format 2"), ("schema", 9999, "schema 9999")] {
        let mut newer = head.clone();
        newer[key] = value.into();
        let ended = refused(&consistent(&whole, "hardie-backup.json", newer.to_string().as_bytes()), expected);
        assert!(ended.err.contains(expected) && ended.err.contains("this program knows"), "{ended:?}");
    }
    let of = |table: &str| found.keys().find(|name| name.ends_with(&format!("-{table}.jsonl"))).unwrap().clone();
    let text = |name: &str| String::from_utf8(found[name].1.clone()).unwrap();
    for (table, from, to, expected) in [
        ("account", "\"is_admin\":0", "\"is_admin\":\"0\"", "column is_admin"),
        ("account", "\"is_admin\":0", "\"is_admin\":0,\"x) --\":0", "no column"),
        ("account", "\"kind\":\"user\"", "\"kind\":\"god\"", "does not fit"),
        ("repo", "\"owner_id\":1", "\"owner_id\":99", "does not fit"),
        ("pack", "\"bytes\":", "\"bytes\":1", "no such file"),
    ] {
        let name = of(table);
        let changed = text(&name).replacen(from, to, 1);
        assert_ne!(changed, text(&name), "{table}: {from}");
        let ended = refused(&consistent(&whole, &name, changed.as_bytes()), to);
        assert!(ended.err.contains(expected), "{ended:?}");
    }
    // The same hand, nothing changed: the tool itself is right.
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let name = of("account");
    assert!(fed(&data, &["restore", "-"], &consistent(&whole, &name, text(&name).as_bytes())).ok);
    done(&data, &["verify"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_empty_is_left_as_it_is() {
    let whole = a_backup().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    let ended = fed(folder.path(), &["restore", "-"], &whole);
    assert!(!ended.ok && ended.err.contains("thesis.txt"), "{ended:?}");
    assert_eq!(names(folder.path()), ["thesis.txt"]);
    let nowhere = fed(&folder.path().join("data"), &["restore", "/nowhere/b.tar"], b"");
    assert!(!nowhere.ok && nowhere.err.contains("/nowhere/b.tar") && !Path::new(&folder.path().join("data")).exists(), "{nowhere:?}");
}
