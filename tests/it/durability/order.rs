//! Pack, index or LFS object and their folder are synced before any commit that can name them.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use hardie_testkit::TestServer;
use hardie_testkit::server::Options;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

use super::faults::{Record, Step, WatchedFiles};
use crate::git::with_repo;
use crate::lfs;

struct Commits(Record);

// Only commits of requests: a worker's own may come while a pack is being published, and cannot name it.
impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Commits {
    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() == "hardie::store::commit" && context.event_span(event).is_some() {
            self.0.add(Step::Commit);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pack_index_and_folder_are_synced_before_every_commit() {
    let files = WatchedFiles::new();
    let record = files.record.clone();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Commits(record.clone()))).unwrap();
    let mut options = Options::default();
    options.ports.files = Arc::new(files);
    let server = TestServer::start_with(options).await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    for n in 0..5 {
        user.git.commit(&dir, "file.txt", &format!("{n}\n"), "Change").unwrap();
        user.git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    }
    for n in 0..3 {
        lfs::upload(&server, &user, &repo, &lfs::noise(n, 5000));
    }
    let (packs, objects) = (server.data_dir().join("packs"), server.data_dir().join("lfs"));
    server.stop().await.unwrap();

    let (mut synced, mut open, mut published, mut commits) = (HashSet::new(), HashSet::new(), 0, 0);
    for step in record.0.lock().unwrap().iter() {
        match step {
            Step::SyncFile(path) => drop(synced.insert(path.clone())),
            Step::Link { from, to } if Path::new(to).starts_with(&packs) || Path::new(to).starts_with(&objects) => {
                assert!(synced.contains(from), "{to} was published before its bytes were synced");
                let folder = Path::new(to).parent().unwrap();
                open.insert(folder.display().to_string());
                published += 1;
            }
            Step::Link { .. } => {}
            Step::SyncDir(path) => drop(open.remove(path)),
            Step::Commit => {
                assert!(open.is_empty(), "a commit came before these folders were synced: {open:?}");
                commits += 1;
            }
        }
    }
    assert_eq!(published, 12 + 3, "six pushes publish a pack and an index each, three uploads an object");
    assert!(commits >= 18 + 6, "each push commits its row, its staged pack and its refs, each upload two rows: {commits}");
}
