//! Writers at the same moment: none writes over what it did not see.

use hardie_testkit::TestServer;
use serde_json::json;

use super::{CONTENTS, base64, cloned, sha, start};
use crate::api::Asker;

/// Asks from so many threads at once; the statuses.
fn at_once(askers: &[Asker], ask: impl Fn(usize, &Asker) -> u16 + Sync) -> Vec<u16> {
    std::thread::scope(|scope| {
        let ask = &ask;
        let threads: Vec<_> = askers.iter().enumerate().map(|(n, asker)| scope.spawn(move || ask(n, asker))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn askers(server: &TestServer, user: &hardie_testkit::TestUser, count: usize) -> Vec<Asker> {
    (0..count).map(|_| Asker::new(server, Some(user))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_writers_of_one_file_one_wins_and_the_other_is_told() {
    let (server, ann, asker) = start().await;
    let two = askers(&server, &ann, 2);
    for round in 0..6 {
        let seen = sha(&asker, "README.md");
        let mut told = at_once(&two, |n, asker| {
            let body = json!({ "content": base64(&format!("writer {n} of round {round}\n")), "sha": seen });
            asker.json("PUT", &format!("{CONTENTS}/README.md"), &body).status
        });
        told.sort_unstable();
        assert_eq!(told, [200, 409], "round {round}");
    }
    let dir = cloned(&server, &ann, "clone");
    let count = ann.git.ok(&dir, &["rev-list", "--count", "HEAD"]).unwrap();
    assert_eq!(count.trim(), "7", "one commit of each round, upon the one before");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_different_files_lose_nothing() {
    let (server, ann, asker) = start().await;
    let six = askers(&server, &ann, 6);
    let told = at_once(&six, |n, asker| {
        let body = json!({ "content": base64(&n.to_string()) });
        asker.json("POST", &format!("{CONTENTS}/many/{n}"), &body).status
    });
    // Who was overtaken three times is told, and nothing of it is there.
    for (n, status) in told.iter().enumerate() {
        let found = asker.get(&format!("{CONTENTS}/many/{n}")).status;
        assert!(matches!((status, found), (201, 200) | (409, 404)), "{n}: {status} {found}");
    }
    assert!(told.iter().filter(|status| **status == 201).count() >= 3, "{told:?}");
    let one_branch = at_once(&six, |n, asker| {
        let body = json!({ "content": base64(&n.to_string()), "new_branch": "topic" });
        asker.json("POST", &format!("{CONTENTS}/topic/{n}"), &body).status
    });
    assert_eq!(one_branch.iter().filter(|status| **status == 201).count(), 1, "{one_branch:?}");
    assert!(one_branch.iter().all(|status| matches!(status, 201 | 409)), "{one_branch:?}");
    cloned(&server, &ann, "clone");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_of_git_in_between_is_built_upon() {
    let (server, ann, asker) = start().await;
    let dir = cloned(&server, &ann, "clone");
    let old = sha(&asker, "README.md");
    ann.git.commit(&dir, "beside.txt", "beside\n", "Beside").unwrap();
    ann.git.ok(&dir, &["push", "--quiet", "origin", "HEAD"]).unwrap();
    let body = json!({ "content": base64("by hand\n"), "sha": old });
    assert_eq!(asker.json("PUT", &format!("{CONTENTS}/README.md"), &body).status, 200);
    let late = asker.json("PUT", &format!("{CONTENTS}/README.md"), &body);
    assert!(late.status == 409 && late.text().contains("read it again"), "{}", late.text());
    ann.git.ok(&dir, &["pull", "--quiet", "--ff-only"]).unwrap();
    assert_eq!(std::fs::read_to_string(dir.join("README.md")).unwrap(), "by hand\n");
    server.stop().await.unwrap();
}
