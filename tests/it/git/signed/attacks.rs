//! Certificates written by hand: replayed, tampered with, for another place, of another kind.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use hardie_app::identity::{delete_ssh_key, list_ssh_keys};
use hardie_domain::page::Page;
use hardie_testkit::clock::FakeClock;
use hardie_testkit::raw::{over_http, over_ssh, packet};

use super::*;
use crate::support::eventually;

const ZERO: &str = "0000000000000000000000000000000000000000";

/// A branch of its own for each attack: its deletion needs no pack.
struct Scene {
    server: TestServer,
    user: TestUser,
    repo: String,
    dir: PathBuf,
    tip: String,
    clock: FakeClock,
}

/// What a certificate says, and what is sent beside it.
struct Draft {
    nonce: Option<String>,
    signed_options: &'static [&'static str],
    options: &'static [&'static str],
    branch: &'static str,
    /// What the branch becomes; it is deleted if `None`.
    new: Option<String>,
    /// The branch in the bytes that are sent, after they were signed.
    sent_branch: &'static str,
    /// In place of a signature.
    armour: Option<&'static str>,
    namespace: &'static str,
}

/// A push under way.
struct Slow {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Slow {
    /// Sends the rest; the answer.
    fn end(mut self) -> String {
        self.stream.write_all(&self.rest).unwrap();
        let mut answer = Vec::new();
        self.stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

type Change = fn(&mut Draft);

impl Draft {
    fn of(branch: &'static str, nonce: String) -> Draft {
        Draft {
            nonce: Some(nonce),
            signed_options: &[],
            options: &[],
            branch,
            new: None,
            sent_branch: branch,
            armour: None,
            namespace: "git",
        }
    }
}

impl Scene {
    async fn new(branches: &[&str]) -> Scene {
        let clock = FakeClock::default();
        let mut options = Options::default();
        options.ports.clock = Arc::new(clock.clone());
        let server = TestServer::start_with(options).await.unwrap();
        let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
        let tip = user.git.ok(&dir, &["rev-parse", "main"]).unwrap();
        let scene = Scene { server, user, repo, dir, tip, clock };
        scene.make(branches);
        scene
    }

    fn make(&self, branches: &[&str]) {
        let refs: Vec<String> = branches.iter().map(|branch| format!("main:{branch}")).collect();
        let url = self.server.http_remote(&self.repo);
        let args: Vec<&str> = ["push", "--quiet", &url].into_iter().chain(refs.iter().map(String::as_str)).collect();
        self.user.git.ok(&self.dir, &args).unwrap();
    }

    /// A nonce for this repository, as git gets it.
    fn nonce(&self, repo: &str) -> String {
        let basic = format!("Basic {}", self.user.git.basic_auth().unwrap());
        let path = format!("/{repo}.git/info/refs?service=git-receive-pack");
        let text = Asker::new(&self.server, None).send("GET", &path, &[("authorization", &basic)], b"").text();
        let (_, rest) = text.split_once(" push-cert=").unwrap_or_else(|| panic!("{text}"));
        rest.split(' ').next().unwrap().to_owned()
    }

    /// The body of a push that deletes one branch.
    fn body(&self, draft: &Draft) -> Vec<u8> {
        let git = &self.user.git;
        let mut lines = vec!["certificate version 0.1\n".to_owned(), "pusher somebody 1 +0000\n".to_owned()];
        lines.extend(draft.nonce.iter().map(|nonce| format!("nonce {nonce}\n")));
        lines.extend(draft.signed_options.iter().map(|option| format!("push-option {option}\n")));
        let (old, new) = draft.new.as_deref().map_or((self.tip.as_str(), ZERO), |new| (ZERO, new));
        lines.extend(["\n".to_owned(), format!("{old} {new} refs/heads/{}\n", draft.branch)]);
        std::fs::write(git.path("payload"), lines.concat()).unwrap();
        let armour = draft.armour.map_or_else(
            || {
                let mut sign = git.command("ssh-keygen");
                sign.args(["-q", "-Y", "sign", "-n", draft.namespace, "-f"]).arg(own_key(&self.user)).arg(git.path("payload"));
                assert!(sign.status().unwrap().success());
                let armour = std::fs::read_to_string(git.path("payload.sig")).unwrap();
                std::fs::remove_file(git.path("payload.sig")).unwrap();
                armour
            },
            str::to_owned,
        );
        if let Some(last) = lines.last_mut() {
            *last = format!("{old} {new} refs/heads/{}\n", draft.sent_branch);
        }
        let options = if draft.options.is_empty() { "" } else { " push-options" };
        let mut body = packet(format!("push-cert\0report-status side-band-64k{options}\n").as_bytes());
        for line in lines.iter().map(String::as_str).chain(armour.split_inclusive('\n')).chain(["push-cert-end\n"]) {
            body.extend(packet(line.as_bytes()));
        }
        body.extend_from_slice(b"0000");
        for option in draft.options {
            body.extend(packet(option.as_bytes()));
        }
        if !draft.options.is_empty() {
            body.extend_from_slice(b"0000");
        }
        body
    }

    fn post(&self, body: &[u8]) -> String {
        let url = self.server.http_remote(&self.repo);
        let answer = over_http(&self.user.git, url.strip_prefix("http://").unwrap(), "git-receive-pack", body).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn send(&self, draft: &Draft) -> String {
        self.post(&self.body(draft))
    }

    /// A signed push that makes a branch, with its pack.
    fn late(&self) -> Vec<u8> {
        let git = &self.user.git;
        let new = git.commit(&self.dir, "late.txt", "late\n", "Late").unwrap();
        let objects = git.ok(&self.dir, &["rev-list", "--objects", "--no-object-names", "main", "^main~1"]).unwrap();
        let pack = git.filter(&self.dir, &["pack-objects", "--stdout", "--quiet"], objects.as_bytes()).unwrap();
        let draft = Draft { new: Some(new), ..Draft::of("late", self.nonce(&self.repo)) };
        [self.body(&draft), pack].concat()
    }

    /// Sends all but the last bytes of a push.
    fn begin(&self, body: &[u8]) -> Slow {
        let (basic, host) = (self.user.git.basic_auth().unwrap(), self.server.server.http);
        let head = format!(
            "POST /{}.git/git-receive-pack HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {basic}\r\nConnection: close\r\n\
             Content-Type: application/x-git-receive-pack-request\r\nContent-Length: {}\r\n\r\n",
            self.repo,
            body.len()
        );
        let mut stream = TcpStream::connect(host).unwrap();
        let (begin, end) = body.split_at(body.len() - 20);
        stream.write_all(&[head.as_bytes(), begin].concat()).unwrap();
        Slow { stream, rest: end.to_vec() }
    }

    /// Waits until so many pushes have begun: their certificates were looked at.
    async fn are_open(&self, pushes: u64) {
        let store = &self.server.server.app.store;
        eventually("the pushes have begun", async || store.count_open_pushes().await.unwrap() == pushes).await;
    }

    fn certificate(&self) -> Value {
        newest(&self.server, &self.user, &self.repo).1
    }

    fn refs(&self) -> String {
        self.user.git.ok(&self.dir, &["ls-remote", &self.server.http_remote(&self.repo)]).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_serves_once_for_a_short_time_and_in_one_place() {
    let scene = Scene::new(&["once", "other"]).await;
    let first = scene.body(&Draft::of("once", scene.nonce(&scene.repo)));
    let said = scene.post(&first);
    assert!(said.contains("ok refs/heads/once") && said.contains("good signature"), "{said}");
    // The branch comes back as it was; who has seen the certificate sends it again.
    scene.make(&["once"]);
    let said = scene.post(&first);
    assert!(said.contains("ng refs/heads/once") && said.contains("used before"), "{said}");
    assert_eq!(scene.certificate()["nonce_status"], "REPLAYED");
    // The same over SSH, where the server gave another nonce in this conversation.
    let url = scene.server.ssh_remote(&scene.repo);
    let said = over_ssh(&scene.user.git, &scene.dir, &url, "git-receive-pack", &first).unwrap();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("ng refs/heads/once") && said.contains("not given for this push"), "{said}");
    // Another nonce of the same repository is another conversation's there too, however fresh.
    let fresh = scene.body(&Draft::of("once", scene.nonce(&scene.repo)));
    let said = over_ssh(&scene.user.git, &scene.dir, &url, "git-receive-pack", &fresh).unwrap();
    assert!(String::from_utf8_lossy(&said).contains("not given for this push"));
    // Made for another repository.
    let place = scene.server.repo(&scene.user, "place", true).await.unwrap();
    let said = scene.send(&Draft::of("other", scene.nonce(&place)));
    assert!(said.contains("ng refs/heads/other") && said.contains("not given for this push"), "{said}");
    assert_eq!(scene.certificate()["nonce_status"], "BAD");
    // Kept for too long.
    let old = scene.body(&Draft::of("other", scene.nonce(&scene.repo)));
    scene.clock.advance(901);
    let said = scene.post(&old);
    assert!(said.contains("ng refs/heads/other") && said.contains("too old"), "{said}");
    assert_eq!(scene.certificate()["nonce_status"], "SLOP");
    assert!(scene.refs().contains("refs/heads/once") && scene.refs().contains("refs/heads/other"));
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_after_it_was_signed_is_refused() {
    let scene = Scene::new(&["a", "b"]).await;
    let sent = |change: fn(&mut Draft)| {
        let mut draft = Draft::of("a", scene.nonce(&scene.repo));
        change(&mut draft);
        scene.send(&draft)
    };
    const DAMAGED: &str = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n";
    let changes: [(Change, &str, &str, &str); 9] = [
        (|d| d.sent_branch = "b", "does not fit what was signed", "bad", "OK"),
        (|d| d.namespace = "file", "namespace is not 'git'", "bad", "OK"),
        (|d| d.armour = Some(""), "is missing", "bad", "OK"),
        (|d| d.armour = Some(DAMAGED), "is damaged", "bad", "OK"),
        (|d| d.nonce = None, "no nonce", "good", "MISSING"),
        (|d| d.nonce = Some("1700000000-00-00".to_owned()), "not given for this push", "good", "BAD"),
        (|d| d.options = &["ci.skip"], "inconsistent push options", "good", "OK"),
        (|d| d.signed_options = &["ci.skip"], "inconsistent push options", "good", "OK"),
        (|d| (d.signed_options, d.options) = (&["one", "two"], &["two", "one"]), "inconsistent push options", "good", "OK"),
    ];
    for (change, expected, signature, nonce) in changes {
        let said = sent(change);
        assert!(said.contains("ng refs/heads/") && said.contains(expected), "{expected}: {said}");
        let certificate = scene.certificate();
        assert_eq!((&certificate["signature"], &certificate["nonce_status"]), (&signature.into(), &nonce.into()), "{expected}");
    }
    assert!(scene.refs().contains("refs/heads/a") && scene.refs().contains("refs/heads/b"));
    let said = sent(|d| (d.signed_options, d.options) = (&["one", "two"], &["one", "two"]));
    assert!(said.contains("ok refs/heads/a"), "{said}");
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_is_not_checked_is_kept_and_said_to_be() {
    let scene = Scene::new(&["pgp"]).await;
    let armour = "-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n";
    let mut draft = Draft::of("pgp", scene.nonce(&scene.repo));
    draft.armour = Some(armour);
    let body = scene.body(&draft);
    let said = scene.post(&body);
    assert!(said.contains("ok refs/heads/pgp") && said.contains("OpenPGP signature is not checked"), "{said}");
    let certificate = scene.certificate();
    assert_eq!((certificate["signature"].as_str(), certificate["signer"].as_str()), (Some("unchecked"), Some("")));
    assert!(content(&certificate).ends_with(armour.as_bytes()));
    scene.make(&["pgp"]);
    assert!(scene.post(&body).contains("used before"), "its nonce serves once as well");
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_removed_while_the_pack_is_sent_has_signed_nothing() {
    let scene = Scene::new(&["other"]).await;
    let app = &scene.server.server.app;
    let slow = scene.begin(&scene.late());
    scene.are_open(1).await;
    let ctx = people::signed_in(app, &scene.user.token).await.unwrap();
    let key = list_ssh_keys(app, &ctx, "alice", Page::new(None, None)).await.unwrap().items.remove(0);
    delete_ssh_key(app, &ctx, key.id).await.unwrap();
    let answer = slow.end();
    assert!(answer.contains("ng refs/heads/late") && answer.contains("not a key of your account"), "{answer}");
    assert_eq!(scene.certificate()["signature"], "good", "it was, when it came");
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_was_used_while_the_pack_of_a_second_push_was_sent_is_refused() {
    let scene = Scene::new(&["other"]).await;
    let body = scene.late();
    let (first, second) = (scene.begin(&body), scene.begin(&body));
    // Both nonces were looked at, and neither was used.
    scene.are_open(2).await;
    let answer = first.end();
    assert!(answer.contains("ok refs/heads/late"), "{answer}");
    // Nothing is in the way of the second but its nonce.
    scene.user.git.ok(&scene.dir, &["push", "--quiet", &scene.server.http_remote(&scene.repo), ":late"]).unwrap();
    let answer = second.end();
    assert!(answer.contains("ng refs/heads/late") && answer.contains("used before"), "{answer}");
    assert!(!scene.refs().contains("late"));
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_certificate_sent_many_times_at_once_one_push_comes() {
    let scene = Scene::new(&["race"]).await;
    let body = scene.body(&Draft::of("race", scene.nonce(&scene.repo)));
    let said: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| scene.post(&body))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(said.iter().filter(|text| text.contains("ok refs/heads/race")).count(), 1, "{said:?}");
    scene.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_signatures_are_required_an_unchecked_one_does_not_count() {
    let git_rules = GitRules { require_signed_push: true, ..GitRules::default() };
    let mut scene = Scene::new(&["main"]).await;
    let data = scene.server.stop().await.unwrap();
    let mut options = Options { git_rules, ..Options::default() };
    options.ports.clock = Arc::new(scene.clock.clone());
    scene.server = TestServer::start_in(data, options).await.unwrap();
    let mut draft = Draft::of("main", scene.nonce(&scene.repo));
    draft.armour = Some("-----BEGIN SIGNED MESSAGE-----\nMI\n-----END SIGNED MESSAGE-----\n");
    let said = scene.send(&draft);
    assert!(said.contains("ng refs/heads/main") && said.contains("X.509 is not checked here"), "{said}");
    scene.server.stop().await.unwrap();
}
