//! Git LFS: the stock `git-lfs` over both transports, its requests written by hand, and who may do what.

mod access;
mod durability;
mod everyday;
mod locks;
mod passes;
mod protocol;

use std::path::{Path, PathBuf};

use hardie_testkit::{Git, TestServer, TestUser};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::api::{Answer, Asker};

/// The type of every body but the objects'.
pub const MEDIA: &str = "application/vnd.git-lfs+json";

/// The id of these bytes.
pub fn oid(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that do not shrink.
pub fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}

/// Sends JSON to the LFS API of a repository. The credential is the asker's, or in `headers`.
pub fn ask(asker: &Asker, repo: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
    let headers = [&[("content-type", MEDIA), ("accept", MEDIA)][..], headers].concat();
    asker.send("POST", &format!("/{repo}.git/info/lfs/{path}"), &headers, body.to_string().as_bytes())
}

/// A batch of one object.
pub fn batch(asker: &Asker, repo: &str, headers: &[(&str, &str)], operation: &str, bytes: &[u8]) -> Answer {
    let objects = json!([{ "oid": oid(bytes), "size": bytes.len() }]);
    let body = json!({ "operation": operation, "transfers": ["basic"], "objects": objects, "hash_algo": "sha256" });
    ask(asker, repo, "objects/batch", headers, &body)
}

/// The only object of a batch's answer.
pub fn only(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-type"), MEDIA);
    let json = answer.json();
    assert_eq!((&json["transfer"], &json["hash_algo"]), (&json!("basic"), &json!("sha256")));
    json["objects"][0].clone()
}

/// Sends the request that an action names.
pub fn act(asker: &Asker, method: &str, action: &Value, more: &[(&str, &str)], body: &[u8]) -> Answer {
    let href = action["href"].as_str().unwrap_or_else(|| panic!("no address in {action}"));
    let path = href.splitn(4, '/').nth(3).unwrap();
    let own: Vec<(String, String)> = action["header"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().unwrap().to_owned()))
        .collect();
    let own = own.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let headers: Vec<(&str, &str)> = own.chain(more.iter().copied()).collect();
    asker.send(method, &format!("/{path}"), &headers, body)
}

/// Brings an object into a repository by hand.
pub fn upload(server: &TestServer, user: &TestUser, repo: &str, bytes: &[u8]) {
    let (asker, nobody) = (Asker::new(server, Some(user)), Asker::new(server, None));
    let object = only(&batch(&asker, repo, &[], "upload", bytes));
    let sent = act(&nobody, "PUT", &object["actions"]["upload"], &[("content-type", "application/octet-stream")], bytes);
    assert_eq!(sent.status, 200, "{}", sent.text());
}

/// Sends an object without asking first, which is refused with these words.
pub fn upload_refused(server: &TestServer, user: &TestUser, repo: &str, bytes: &[u8], words: &str) {
    let path = format!("/{repo}.git/info/lfs/objects/{}/{}", oid(bytes), bytes.len());
    let sent = Asker::new(server, Some(user)).send("PUT", &path, &[("content-type", "application/octet-stream")], bytes);
    let (status, text) = sent.refusal();
    assert!(status == 413 && text.contains(words), "{status} {text}");
}

/// Gets an object by hand, as this person or as nobody.
pub fn download(server: &TestServer, user: Option<&TestUser>, repo: &str, bytes: &[u8]) -> Answer {
    Asker::new(server, user).send("GET", &format!("/{repo}.git/info/lfs/objects/{}", oid(bytes)), &[], b"")
}

/// Makes a person's machine one with git-lfs.
pub fn install(git: &Git) {
    git.ok(git.home(), &["config", "--global", "lfs.ssh.automultiplex", "false"]).unwrap();
    git.ok(git.home(), &["lfs", "install", "--skip-repo"]).unwrap();
}

/// A clone in which `*.bin` goes by LFS, with one such file committed; its path.
pub fn track(git: &Git, dir: &Path, file: &str, bytes: &[u8]) -> PathBuf {
    git.ok(dir, &["lfs", "install", "--local"]).unwrap();
    git.ok(dir, &["lfs", "track", "*.bin"]).unwrap();
    std::fs::write(dir.join(file), bytes).unwrap();
    git.ok(dir, &["add", ".gitattributes", file]).unwrap();
    git.ok(dir, &["commit", "--quiet", "-m", "A large file"]).unwrap();
    dir.join(file)
}

/// Files of LFS objects below a data folder.
pub fn object_files(data: &Path) -> usize {
    let folders = std::fs::read_dir(data.join("lfs")).unwrap().flatten();
    folders.map(|folder| std::fs::read_dir(folder.path()).unwrap().count()).sum()
}

/// Uploads under way below a data folder.
pub fn uploads(data: &Path) -> usize {
    std::fs::read_dir(data.join("lfs-uploads")).unwrap().count()
}

/// Bytes of uploads under way.
pub fn uploaded(data: &Path) -> u64 {
    let entries = std::fs::read_dir(data.join("lfs-uploads")).unwrap().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}
