//! Pushes that race, and pushes that are all or nothing.

use hardie_testkit::TestServer;

use super::{Via, remote, with_repo};
use crate::support::soak;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_pushes_racing_for_one_ref_exactly_one_wins() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, base) = with_repo(&server, "alice", "race").await;
    let git = &user.git;
    let rounds = if soak() { 200 } else { 8 };
    let racers = ["left", "right"].map(|name| {
        git.ok(git.home(), &["clone", "--quiet", base.to_str().unwrap(), name]).unwrap();
        git.path(name)
    });
    for round in 0..rounds {
        let tips = racers.each_ref().map(|dir| {
            git.ok(dir, &["fetch", "--quiet", &server.http_remote(&repo), "main"]).unwrap();
            git.ok(dir, &["reset", "--quiet", "--hard", "FETCH_HEAD"]).unwrap();
            git.commit(dir, "race.txt", &format!("{} {round}\n", dir.display()), "Race").unwrap()
        });
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let pushes = [(Via::Http, &racers[0]), (Via::Ssh, &racers[1])];
            let pushes = pushes.map(|(via, dir)| {
                let url = remote(&server, via, &repo);
                scope.spawn(move || git.run(dir, &["push", &url, "main"]).unwrap())
            });
            pushes.map(|p| p.join().unwrap()).into()
        });
        let winners: Vec<_> = outcomes.iter().zip(&tips).filter(|(o, _)| o.ok).map(|(_, tip)| tip).collect();
        assert_eq!(winners.len(), 1, "round {round}: {outcomes:?}");
        let loser = outcomes.iter().find(|o| !o.ok).unwrap();
        assert!(loser.stderr.contains("fetch first") || loser.stderr.contains("stale"), "round {round}: {}", loser.stderr);
        let seen = git.ok(&base, &["ls-remote", &server.http_remote(&repo), "refs/heads/main"]).unwrap();
        assert!(seen.starts_with(winners[0].as_str()), "round {round}");
    }
    println!("{rounds} rounds: one winner and one readable refusal in each");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_atomic_push_of_fifty_refs_with_one_bad_is_refused_whole() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "atomic").await;
    let git = &user.git;
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&server, via, &repo);
        git.commit(&dir, "more.txt", &format!("{via:?}\n"), "More").unwrap();
        git.ok(&dir, &["push", "--quiet", &url, "main:busy"]).unwrap();
        git.ok(&dir, &["commit", "--quiet", "--amend", "-m", &format!("Rewritten {via:?}")]).unwrap();
        let mut args: Vec<String> = (0..49).map(|n| format!("main:refs/heads/many/{n}")).collect();
        // Taken by a branch already: refs/heads/busy/x cannot live beside refs/heads/busy.
        args.push("main:refs/heads/busy/x".to_owned());
        let args: Vec<&str> = ["push", "--atomic", &url].into_iter().chain(args.iter().map(String::as_str)).collect();
        let refused = git.fails(&dir, &args).unwrap();
        assert!(refused.contains("conflicts with the existing ref") && refused.contains("atomic"), "{refused}");
        assert!(!git.ok(&dir, &["ls-remote", &url]).unwrap().contains("many/"));
        let each_alone: Vec<&str> = args.iter().copied().filter(|a| *a != "--atomic").collect();
        git.fails(&dir, &each_alone).unwrap();
        assert_eq!(git.ok(&dir, &["ls-remote", &url, "refs/heads/many/*"]).unwrap().lines().count(), 49);
        let deletions: Vec<String> = (0..49).map(|n| format!(":refs/heads/many/{n}")).chain([":busy".to_owned()]).collect();
        let args: Vec<&str> = ["push", "--quiet", &url].into_iter().chain(deletions.iter().map(String::as_str)).collect();
        git.ok(&dir, &args).unwrap();
    }
    server.stop().await.unwrap();
}
