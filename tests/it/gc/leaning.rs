//! A push that was judged while a branch held what it leans on, and is committed after that was collected.

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use hardie_git::packs::{DiskFiles, Files};
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, process};

use crate::git::with_repo;

/// Stops once before a pack gets its name: after the push was judged, before it is committed.
#[derive(Debug, Default)]
struct Gate(Mutex<Option<(Sender<()>, Receiver<()>)>>);

impl Gate {
    fn arm(&self) -> (Receiver<()>, Sender<()>) {
        let ((here, arrived), (go_on, may_go_on)) = (channel(), channel());
        *self.0.lock().unwrap() = Some((here, may_go_on));
        (arrived, go_on)
    }
}

impl Files for Gate {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        DiskFiles.create_dir(path)
    }
    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        DiskFiles.write_new(path, content)
    }
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let is_pack = to.components().any(|part| part.as_os_str() == "packs");
        let gate = if is_pack { self.0.lock().unwrap().take() } else { None };
        if let Some((here, may_go_on)) = gate {
            here.send(()).unwrap();
            may_go_on.recv().unwrap();
        }
        DiskFiles.hard_link(from, to)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        DiskFiles.rename(from, to)
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        DiskFiles.sync_file(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        DiskFiles.sync_dir(path)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        DiskFiles.remove_file(path)
    }
    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        DiskFiles.remove_tree(path)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_leans_on_what_was_collected_meanwhile_is_judged_again() {
    let gate = Arc::new(Gate::default());
    let mut options = Options::default();
    options.ports.files = gate.clone();
    let server = TestServer::start_with(options).await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (git, url) = (user.git.clone(), server.http_remote(&repo));
    let impatient = server.data_dir().join("impatient.toml");
    std::fs::write(&impatient, "[gc]\nreflog-seconds = 0\ncruft-seconds = 1000\n").unwrap();
    let hasty = server.data_dir().join("hasty.toml");
    std::fs::write(&hasty, "[gc]\nreflog-seconds = 0\ncruft-seconds = 0\n").unwrap();
    let (impatient, hasty) = (impatient.to_str().unwrap(), hasty.to_str().unwrap());
    let cases: [(&str, &[&[&str]], bool); 3] = [
        ("apart", &[&["gc", "--config", impatient]], true),
        ("expired", &[&["gc", "--config", hasty], &["gc", "--config", hasty]], false),
        ("at-once", &[&["gc", "--expire-now", &repo]], false),
    ];
    for (name, commands, lands) in cases {
        git.ok(&dir, &["checkout", "--quiet", "-B", "doomed", "main"]).unwrap();
        git.commit(&dir, "leaned-on.txt", &format!("{name}\n"), "Doomed").unwrap();
        git.ok(&dir, &["push", "--quiet", &url, "doomed"]).unwrap();
        git.commit(&dir, "late.txt", &format!("{name}\n"), "Late").unwrap();
        let (arrived, go_on) = gate.arm();
        let late = std::thread::spawn({
            let (git, dir, url) = (git.clone(), dir.clone(), url.clone());
            move || git.run(&dir, &["push", &url, &format!("HEAD:refs/heads/late-{name}")]).unwrap()
        });
        arrived.recv().unwrap();
        git.ok(&dir, &["push", "--quiet", &url, ":doomed"]).unwrap();
        for command in commands {
            process::admin(server.data_dir(), command, "").unwrap();
        }
        go_on.send(()).unwrap();
        let late = late.join().unwrap();
        assert_eq!(late.ok, lands, "{name}: {}", late.stderr);
        assert!(lands || late.stderr.contains("missing necessary objects"), "{name}: {}", late.stderr);
        process::admin(server.data_dir(), &["verify"], "").unwrap();
        // What was set apart and is named now is kept, although its time is over.
        process::admin(server.data_dir(), &["gc", "--config", hasty], "").unwrap();
        process::admin(server.data_dir(), &["verify"], "").unwrap();
        git.ok(git.home(), &["clone", "--quiet", "--mirror", &url, name]).unwrap();
        git.ok(&git.path(name), &["fsck", "--strict"]).unwrap();
    }
    server.stop().await.unwrap();
}
