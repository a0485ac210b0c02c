//! A push that was judged while a branch held what it leans on, and is committed after that was collected.

use std::sync::Arc;

use hardie_app::upkeep::{self, How};
use hardie_testkit::server::Options;
use hardie_testkit::{TestServer, process};

use crate::gate::Gate;
use crate::git::with_repo;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_ref_that_comes_while_a_repository_is_looked_at_loses_nothing() {
    let gate = Arc::new(Gate::default());
    let mut options = Options::default();
    options.ports.files = gate.clone();
    let server = TestServer::start_with(options).await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let (git, url, app) = (user.git.clone(), server.http_remote(&repo), server.server.app.clone());
    // One pack with what goes and what stays, so that a look has something to write.
    git.ok(&dir, &["checkout", "--quiet", "-b", "stays"]).unwrap();
    git.commit(&dir, "stays.txt", "stays\n", "Stay").unwrap();
    git.ok(&dir, &["checkout", "--quiet", "-b", "doomed", "main"]).unwrap();
    git.commit(&dir, "leaned-on.txt", "leaned on\n", "Doomed").unwrap();
    git.ok(&dir, &["push", "--quiet", &url, "stays", "doomed"]).unwrap();
    git.commit(&dir, "late.txt", "late\n", "Late").unwrap();

    let (push_arrived, push_goes_on) = gate.arm();
    let late = std::thread::spawn({
        let (git, dir, url) = (git.clone(), dir.clone(), url.clone());
        move || git.run(&dir, &["push", &url, "HEAD:refs/heads/late"]).unwrap()
    });
    push_arrived.recv().unwrap();
    git.ok(&dir, &["push", "--quiet", &url, ":doomed"]).unwrap();
    let (look_arrived, look_goes_on) = gate.arm();
    let look = tokio::spawn({
        let (app, repo) = (app.clone(), repo.clone());
        async move { upkeep::collect_one(&app, &repo, How::AtOnce).await }
    });
    tokio::task::spawn_blocking(move || look_arrived.recv().unwrap()).await.unwrap();
    // The look saw no ref that reaches what the push leans on; the push is committed all the same, since nothing is gone yet.
    push_goes_on.send(()).unwrap();
    let late = late.join().unwrap();
    assert!(late.ok, "{}", late.stderr);
    look_goes_on.send(()).unwrap();
    let done = look.await.unwrap().unwrap();
    assert_eq!(done.removed, 0, "all is reached again: {done:?}");
    assert_eq!(hardie_app::verify::verify(&app).await.unwrap().faults, []);
    git.ok(git.home(), &["clone", "--quiet", "--mirror", &url, "whole"]).unwrap();
    git.ok(&git.path("whole"), &["fsck", "--strict"]).unwrap();
    server.stop().await.unwrap();
}
