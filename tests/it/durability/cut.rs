//! The line to PostgreSQL is cut before or after a COMMIT takes effect: what the pusher was told is what is there.

use hardie_testkit::TestServer;
use hardie_testkit::postgres::Database;
use hardie_testkit::server::Options;

use crate::git::with_repo;

#[path = "../../../server/crates/store/tests/store/proxy.rs"]
mod proxy;

use proxy::{Cut, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_at_any_commit_leaves_what_the_pusher_was_told() {
    let database = Database::new().unwrap();
    let proxy = Proxy::start(database.url()).await;
    let options = Options { database: Some(proxy.url.clone()), ..Options::default() };
    let server = TestServer::start_with(options).await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    let url = server.http_remote(&repo);
    let mut settled = 0;
    // The last: what settles an unknown outcome is a COMMIT as well, and its answer may be lost too.
    for cut in [Cut::Before, Cut::After, Cut::BeforeThenAfter] {
        for passing in 0..4 {
            let before = git.ok(&dir, &["ls-remote", &url, "refs/heads/main"]).unwrap();
            let tip = git.commit(&dir, "file.txt", &format!("{cut:?} {passing}\n"), "Change").unwrap();
            proxy.cut_one_after(passing, cut);
            let push = git.run(&dir, &["push", &url, "main"]).unwrap();
            proxy.cut(Cut::Never);
            let now = git.ok(&dir, &["ls-remote", &url, "refs/heads/main"]).unwrap();
            match push.ok {
                true => assert!(now.starts_with(&tip), "{cut:?} {passing}: told done, but {now}"),
                false => assert_eq!(now, before, "{cut:?} {passing}: told refused:\n{}", push.stderr),
            }
            settled += u32::from(push.ok && cut == Cut::After);
            git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
        }
    }
    assert!(settled > 0, "no push was cut after its commit and told so");
    server.stop().await.unwrap();
}
