//! Secrets of installations under attack: by handlers, by people, by whoever writes to the database, reads a backup or the log.

mod keys;
mod people;

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use hardie_domain::ids::InstallationId;
use hardie_store::plugin_secrets::SecretRow;
use hardie_testkit::postgres::Database;
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, TestUser};
use serde_json::{Value, json};

use super::sends::{ok, outbound, room};
use super::upload;
use crate::api::Asker;
use crate::backup::{arg, done};
use crate::git::with_repo;
use crate::support::{component_with, eventually};

const VALUE: &str = "T0/B0/s3cr3t-value";

/// A handler that sends `chat` in a header, unless that is empty, to an address, and tells what came back.
fn echo(url: &str, header: &str) -> bytes::Bytes {
    component_with("event-echo", |text| {
        let text = text.replace("@URL-LENGTH@", &url.len().to_string()).replace("@HEADER-LENGTH@", &header.len().to_string());
        text.replace("@URL@", url).replace("@HEADER@", header).replace("@SLOTS@", if header.is_empty() { "0" } else { "1" })
    })
}

/// A server, a repository, and a room that says what it heard.
struct World {
    server: TestServer,
    ann: TestUser,
    repo: String,
    dir: PathBuf,
    root: TestUser,
    room: String,
    heard: Receiver<String>,
    /// The newest event before the last push.
    before: Cell<i64>,
}

impl World {
    async fn new(database: Option<&Database>, more: &[String]) -> World {
        let (room, heard) = room(|request| match request.split(' ').nth(1) {
            Some(path) if path.starts_with("/away/") => {
                let to = path.trim_start_matches("/away/");
                format!("HTTP/1.1 307 Away\r\nLocation: http://127.0.0.1:{to}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }
            _ => ok(request),
        });
        let hosts = [std::slice::from_ref(&room), more].concat();
        let database = database.map(|database| database.url().to_owned());
        let server = TestServer::start_with(Options { database, outbound: outbound(&hosts), ..Options::default() }).await.unwrap();
        let (ann, repo, dir) = with_repo(&server, "ann", "tool").await;
        let root = server.admin("root").await.unwrap();
        eventually("the log is in order", async || server.server.app.store.count_outbox().await.unwrap() == 0).await;
        World { server, ann, repo, dir, root, room, heard, before: Cell::new(0) }
    }

    fn admin(&self) -> Asker {
        Asker::new(&self.server, Some(&self.root))
    }

    /// The address of an installation of what sends there; it is granted all that the configuration lists.
    fn install(&self, name: &str, component: &[u8], hosts: &[&str]) -> String {
        let place = format!("/repos/{}/plugins", self.repo);
        let new = json!({ "digest": upload(&self.admin(), component), "name": name, "hosts": hosts });
        let made = self.admin().json("POST", &place, &new);
        assert_eq!(made.status, 201, "{}", made.text());
        let one = format!("{place}/{}", made.json()["id"]);
        assert_eq!(self.admin().json("PATCH", &format!("{one}/events"), &json!({ "kinds": ["push"] })).status, 200);
        one
    }

    fn set(&self, one: &str, destination: &str, header: &str) {
        let secret = json!({ "destination": destination, "header": header, "value": VALUE });
        let set = self.admin().json("PUT", &format!("{one}/secrets/chat"), &secret);
        assert!(set.status < 300 && !set.text().contains("s3cr3t"), "{}", set.text());
    }

    fn push(&self) {
        let events = self.admin().get(&format!("/repos/{}/events?limit=50", self.repo)).json();
        self.before.set(events.as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).max().unwrap());
        self.ann.git.ok(&self.dir, &["commit", "-q", "--allow-empty", "-m", "More"]).unwrap();
        self.ann.git.ok(&self.dir, &["push", "-q", &self.server.http_remote(&self.repo), "main"]).unwrap();
    }

    /// What the delivery of the last push told, once it has ended. The whole row never has the value.
    async fn told(&self, one: &str) -> String {
        let newest = || self.admin().get(&format!("{one}/deliveries")).json()[0].clone();
        let ended = |row: &Value| row["seq"].as_i64() > Some(self.before.get()) && row["state"] == "dead";
        eventually("it is told", async || ended(&newest())).await;
        let row = newest();
        assert!(!row.to_string().contains("s3cr3t"), "{row}");
        row["text"].as_str().unwrap().to_owned()
    }

    async fn row(&self, one: &str) -> SecretRow {
        self.server.app_rows(one).await.remove(0)
    }

    async fn keep(&self, row: &SecretRow) {
        let mut tx = self.server.server.app.store.begin().await.unwrap();
        tx.set_secret(row).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn id(one: &str) -> InstallationId {
    InstallationId(one.rsplit('/').next().unwrap().parse().unwrap())
}

trait Rows {
    async fn app_rows(&self, one: &str) -> Vec<SecretRow>;
}

impl Rows for TestServer {
    async fn app_rows(&self, one: &str) -> Vec<SecretRow> {
        self.server.app.store.list_secrets(id(one)).await.unwrap()
    }
}

/// Handlers that try to bring a secret where it does not belong.
async fn only_where_it_belongs(database: Option<Database>) {
    let (other, unheard) = room(|_| ok("mine"));
    let world = World::new(database.as_ref(), std::slice::from_ref(&other)).await;
    let room = world.room.as_str();
    let tls = room.replace("http://", "https://");
    let port = other.rsplit(':').next().unwrap();
    let to = |url: &str, header: &str| (url.to_owned(), header.to_owned());
    let cases = [
        // name, where it sends, to what the secret is bound, what is told
        ("good", to(&format!("{room}/in"), "Authorization"), (room, ""), "[secret]"),
        ("path", to(&format!("{room}/in/{{secret:chat}}"), ""), (room, ""), "POST /in/[secret] HTTP/1.1"),
        ("same-header", to(&format!("{room}/in"), "X-Key"), (room, "x-key"), "[secret]"),
        ("redirected", to(&format!("{room}/away/{port}"), "Authorization"), (room, ""), ""),
        ("other-port", to(&format!("{other}/in"), "Authorization"), (room, ""), "no secret \"chat\" is bound"),
        ("other-scheme", to(&format!("{tls}/in"), "Authorization"), (room, ""), "no secret \"chat\" is bound"),
        ("other-header", to(&format!("{room}/in"), "X-Other"), (room, "X-Key"), "no secret \"chat\" is bound"),
        ("not-a-header", to(&format!("{room}/in/{{secret:chat}}"), ""), (room, "X-Key"), "no secret \"chat\" is bound"),
        ("below-alone", to(&format!("{room}/in"), "X-Key"), ("http://*.example.org", ""), "no secret \"chat\" is bound"),
    ];
    let mut installed = Vec::new();
    for (name, (url, header), (destination, only), told) in &cases {
        let one = world.install(name, &echo(url, header), &[room, &other, &tls]);
        world.set(&one, destination, only);
        installed.push((one, name, told));
    }
    world.push();
    for (one, name, told) in &installed {
        let text = world.told(one).await;
        assert!(text.contains(**told), "{name}: {text}");
        if told.is_empty() {
            assert_eq!(text, "", "{name}: a redirect is the answer, and its body is empty");
        }
    }
    let heard: Vec<String> = (0..4).map(|_| world.heard.recv_timeout(Duration::from_secs(5)).unwrap()).collect();
    assert!(heard.iter().all(|request| request.contains(VALUE)), "{heard:?}");
    assert!(world.heard.try_recv().is_err() && unheard.try_recv().is_err(), "nothing was sent besides");

    // Whoever writes to the database cannot give a secret to another installation, name, place or header.
    let (good, row) = (&installed[0].0, world.row(&installed[0].0).await);
    assert!(!String::from_utf8_lossy(&row.sealed).contains("s3cr3t"));
    let away = world.install("away", &echo(&format!("{other}/in"), "X-Key"), &[room, &other]);
    let theirs = world.install("theirs", &echo(&format!("{room}/in"), "X-Key"), &[room]);
    world.set(&away, room, "");
    let moved = world.row(&away).await;
    world.keep(&SecretRow { destination: other.clone(), ..moved }).await;
    world.keep(&SecretRow { installation: id(&theirs), ..row.clone() }).await;
    world.keep(&SecretRow { header: "authorization".to_owned(), ..row }).await;
    world.push();
    for one in [&away, &theirs, good] {
        let text = world.told(one).await;
        assert!(text.contains("does not open") && text.contains("set") && text.contains("anew"), "{text}");
    }
    assert!(unheard.try_recv().is_err(), "nothing was sent");

    // Neither value nor key is in a backup, but what is sealed.
    let data = world.server.data_dir().to_owned();
    let file = data.parent().unwrap().join(format!("{}.tar", data.file_name().unwrap().to_string_lossy()));
    let database = database.as_ref().map(|database| vec!["--database", database.url()]).unwrap_or_default();
    done(&data, &[&["backup", arg(&file)], &database[..]].concat());
    let backup = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let key = std::fs::read(data.join("secret.key")).unwrap();
    let holds = |part: &[u8]| backup.windows(part.len()).any(|window| window == part);
    assert!(holds(b"installation_secret") && !holds(b"s3cr3t-value") && !holds(&key));
    if database.is_empty() {
        let files = ["hardie.db", "hardie.db-wal"].map(|name| std::fs::read(data.join(name)).unwrap_or_default()).concat();
        assert!(!files.windows(12).any(|window| window == b"s3cr3t-value"));
    }

    // An answer may repeat what an earlier request brought: this one, whose author knows the value, fills nothing in.
    let earlier = world.install("earlier", &echo(&format!("{room}/in/{VALUE}"), ""), &[room]);
    world.set(&earlier, room, "x-key");
    world.push();
    assert!(world.told(&earlier).await.contains("POST /in/[secret] HTTP/1.1"));

    // What is removed takes its secrets with it.
    assert_eq!(world.admin().json("DELETE", &theirs, &Value::Null).status, 204);
    assert!(world.server.app_rows(&theirs).await.is_empty() && !world.server.app_rows(&away).await.is_empty());
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_only_where_it_belongs_and_no_answer_shows_it() {
    only_where_it_belongs(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_only_where_it_belongs_and_no_answer_shows_it_on_postgres() {
    only_where_it_belongs(Some(Database::new().unwrap())).await;
}
