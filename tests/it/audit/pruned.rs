//! Old lines go, and the chain is as whole as before.

use std::sync::Arc;
use std::time::Duration;

use hardie_app::audit::prune_audit;
use hardie_testkit::{FakeClock, Options, TestServer};

use super::{fault, look, sealed};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_goes_from_the_beginning_and_the_rest_still_proves_itself() {
    let clock = FakeClock::default();
    let mut options = Options { audit_keep: Some(Duration::from_secs(10 * 24 * 3600)), ..Options::default() };
    options.ports.clock = Arc::new(clock.clone());
    let server = TestServer::start_with(options).await.unwrap();
    let app = &server.server.app;
    let ann = server.user("ann").await.unwrap();
    sealed(app).await;
    let early = look(app, None).await.head;
    clock.advance(9 * 24 * 3600);
    server.repo(&ann, "tool", false).await.unwrap();
    sealed(app).await;
    let late = look(app, None).await.head;
    assert_eq!(prune_audit(app, "other/x").await.unwrap(), 0, "nothing is old");
    clock.advance(2 * 24 * 3600 + 1);
    assert_eq!(prune_audit(app, "other/x").await.unwrap(), early.seq);
    clock.advance(60);
    sealed(app).await;
    let report = look(app, Some(late)).await;
    assert!(report.fault.is_none() && report.base == early, "{report:?}");
    assert_eq!(fault(app, Some(early)).await, "nothing", "the last line that was pruned is remembered");
    let older = hardie_domain::audit::Link { seq: early.seq - 1, ..early };
    assert!(fault(app, Some(older)).await.contains("were pruned"));
    let filter = hardie_store::audit::AuditFilter { action: Some("audit.prune"), ..Default::default() };
    let lines = app.store.list_audit(&filter, hardie_domain::page::Page::new(None, None)).await.unwrap();
    assert!(lines.items[0].detail.contains(&format!("lines 1 to {}", early.seq)), "{lines:?}");
    server.stop().await.unwrap();
}
