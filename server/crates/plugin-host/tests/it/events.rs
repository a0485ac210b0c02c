//! Events under attack: what a handler may do, what is kept of it, and how each way to take too much ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hardie_domain::delivery::{
    DeliveryFacts, EventCall, EventOutcome, EventReport, HeaderValue, HttpRequest, HttpResponse, ServiceError, Services, Writes,
};
use hardie_domain::ids::{DeliveryId, EventSeq, InstallationId, RepoId};
use hardie_domain::plugin::{Digest, FailureClass, PolicyOutcome, Source};
use hardie_domain::policy::{Basis, PolicyCall, PushRepository};
use hardie_domain::time::Timestamp;
use hardie_plugin_host::Limits;
use hardie_plugin_host::scenario::{MemoryPush, MemoryRepo, Scenario};

use crate::isolation;
use crate::support::{Bench, component, component_of};

/// Services that answer as they are told.
#[derive(Default)]
struct Desk {
    kept: BTreeMap<String, Vec<u8>>,
    /// How long a request takes, whatever is left.
    hangs: Duration,
    fails: Option<ServiceError>,
    sent: Mutex<Vec<HttpRequest>>,
    body: usize,
}

impl Services for Desk {
    fn read_state(&self, key: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        self.fails.clone().map_or_else(|| Ok(self.kept.get(key).cloned()), Err)
    }

    fn list_state(&self, _prefix: &str, _after: &str, _limit: usize) -> Result<Vec<String>, ServiceError> {
        Ok(Vec::new())
    }

    #[expect(clippy::disallowed_methods, reason = "a request that hangs holds its thread")]
    fn send(&self, request: HttpRequest, _left: Duration) -> Result<HttpResponse, ServiceError> {
        self.sent.lock().unwrap().push(request);
        std::thread::sleep(self.hangs);
        let answer = HttpResponse { status: 204, headers: Vec::new(), body: vec![0; self.body] };
        self.fails.clone().map_or(Ok(answer), Err)
    }

    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }

    fn random(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

struct Repository {
    view: Arc<dyn PushRepository>,
    commit: String,
}

/// A repository with one commit; its id as WebAssembly's text writes bytes.
fn repository() -> Repository {
    let mut repo = MemoryRepo::default();
    let tree = repo.tree(&BTreeMap::new());
    let author = hardie_domain::plugin::Signature { name: b"A".to_vec(), email: b"a@b".to_vec(), seconds: 0, offset_minutes: 0 };
    let id = repo.commit(tree, Vec::new(), author, b"First");
    Repository { commit: id.0.iter().map(|byte| format!("\\{byte:02x}")).collect(), view: Arc::new(MemoryPush::new(repo, vec![id])) }
}

fn call(digest: Digest, desk: Arc<Desk>) -> EventCall {
    let delivery = DeliveryFacts {
        id: DeliveryId(7),
        attempt: 1,
        seq: EventSeq(9),
        kind: "push".into(),
        at: Timestamp(0),
        payload: "{}".into(),
        repo: Some(RepoId(1)),
        repo_path: "ann/demo".into(),
        installation: "plugin".into(),
    };
    let installation = InstallationId(1);
    EventCall {
        installation,
        owner: None,
        digest,
        config: "{}".into(),
        delivery: Arc::new(delivery),
        repository: Some(repository().view),
        services: desk,
    }
}

async fn install(bench: &Bench, fixture: &str) -> Digest {
    let commit = repository().commit;
    bench.host.prepare(component_of(fixture, |text| text.replace("@COMMIT@", &commit))).await.unwrap().digest
}

async fn handled(limits: Limits, fixture: &str, desk: Desk) -> (EventReport, Arc<Desk>) {
    let (bench, desk) = (Bench::new(limits), Arc::new(desk));
    let digest = install(&bench, fixture).await;
    (bench.host.handle(call(digest, desk.clone())).await, desk)
}

async fn handle(fixture: &str) -> EventReport {
    handled(Limits::default(), fixture, Desk::default()).await.0
}

fn fault(report: &EventReport) -> (FailureClass, &str) {
    match &report.outcome {
        EventOutcome::Fault(class, text) => (*class, text),
        // No handler is rejected.
        _ => (FailureClass::Rejected, "it ended otherwise"),
    }
}

#[tokio::test]
async fn what_a_handler_writes_is_handed_back_when_it_ends_well() {
    let report = handle("event-write").await;
    assert_eq!(report.outcome, EventOutcome::Done, "{:?}", report.log);
    assert_eq!(report.writes.state, [("key".to_owned(), Some(b"hostile".to_vec()))]);
    let [(_, finding)] = report.writes.statuses.as_slice() else { panic!("{:?}", report.writes) };
    assert_eq!((finding.state.as_str(), finding.context.as_str(), finding.description.as_str()), ("success", "ci", "a fixture"));
    assert!(report.usage.host_calls >= 3 && report.usage.fuel > 0);
}

#[tokio::test]
async fn nothing_is_written_by_a_handler_that_does_not_end_well() {
    let gave_up = handle("event-permanent").await;
    assert_eq!((gave_up.outcome, gave_up.writes), (EventOutcome::Failed("a fixture".into()), Writes::default()));
    let later = handle("event-retry").await;
    let expected = EventOutcome::Retry(Some(Duration::from_secs(90)), "a fixture".into());
    assert_eq!((later.outcome, later.writes), (expected, Writes::default()));
    let panicked = handle("event-trap").await;
    assert_eq!((fault(&panicked).0, panicked.writes.clone()), (FailureClass::Trap, Writes::default()));
    assert!(!fault(&panicked).1.contains("push"), "{:?}", panicked.outcome);
}

#[tokio::test]
async fn a_loop_ends_by_fuel_or_by_the_clock_of_events() {
    let report = handled(Limits { fuel: 1_000_000, ..Limits::default() }, "event-loop", Desk::default()).await.0;
    assert_eq!((fault(&report).0, report.usage.fuel), (FailureClass::OutOfFuel, 1_000_000));
    assert!(!fault(&report).1.contains("push"));
    let limits = Limits { fuel: u64::MAX / 2, wall: Duration::from_millis(100), ..Limits::default() };
    let started = Instant::now();
    let report = handled(limits, "event-loop", Desk::default()).await.0;
    assert_eq!(
        fault(&report),
        (FailureClass::Deadline, "ran longer than 100 ms and was stopped. This says nothing about the event: it is tried again")
    );
    assert!(started.elapsed() < Duration::from_secs(3), "took {:?}", started.elapsed());
}

#[tokio::test]
async fn writes_past_a_bound_end_the_call() {
    for (fixture, what) in [("event-keys", "1000 keys"), ("event-bytes", "1048576 bytes")] {
        let report = handle(fixture).await;
        assert!(fault(&report).0 == FailureClass::HostBudget && fault(&report).1.contains(what), "{:?}", report.outcome);
        assert_eq!(report.writes, Writes::default());
    }
    let report = handled(Limits { statuses: 50, ..Limits::default() }, "event-statuses", Desk::default()).await.0;
    assert!(fault(&report).0 == FailureClass::HostBudget && fault(&report).1.contains("50 statuses"), "{:?}", report.outcome);
    assert_eq!(handle("event-statuses").await.writes.statuses.len(), 90);
}

#[tokio::test]
async fn keys_and_values_out_of_bounds_are_told_to_the_handler() {
    for fixture in ["event-bad-key", "event-large-value"] {
        assert_eq!(handle(fixture).await.outcome, EventOutcome::Failed("invalid".into()), "{fixture}");
    }
}

#[tokio::test]
async fn compare_and_set_sees_what_is_committed_and_what_this_call_wrote() {
    let report = handle("event-swap").await;
    assert_eq!(report.outcome, EventOutcome::Done);
    assert_eq!(report.writes.state, [("key".to_owned(), Some(b"hostile".to_vec()))]);
    let kept = [("key".to_owned(), b"x".to_vec())].into();
    let report = handled(Limits::default(), "event-swap", Desk { kept, ..Desk::default() }).await.0;
    assert_eq!(fault(&report).0, FailureClass::Trap, "the first one already found a value");
}

#[tokio::test]
async fn a_request_goes_out_with_its_secret_named_and_a_key_for_the_receiver() {
    let (report, desk) = handled(Limits::default(), "event-send", Desk::default()).await;
    assert_eq!(report.outcome, EventOutcome::Done, "{:?}", report.log);
    let sent = desk.sent.lock().unwrap();
    let [request] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://chat.example/{secret:room}"));
    assert_eq!(request.body, b"a fixture");
    assert_eq!(request.headers, [("Idempotency-Key".to_owned(), HeaderValue::Plain("7-1".into()))]);
}

#[tokio::test]
async fn a_secret_is_named_through_the_interface_for_secrets_alone() {
    let (report, desk) = handled(Limits::default(), "event-send-plain", Desk::default()).await;
    assert_eq!(report.outcome, EventOutcome::Failed("invalid".into()));
    assert!(desk.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_a_service_refuses_is_told_and_what_breaks_ends_the_call() {
    let with = |fails| Desk { fails: Some(fails), ..Desk::default() };
    for (fails, code) in [
        (ServiceError::Denied("x".into()), "denied"),
        (ServiceError::Invalid("x".into()), "invalid"),
        (ServiceError::Failed("x".into()), "failed"),
    ] {
        let report = handled(Limits::default(), "event-send", with(fails)).await.0;
        assert_eq!(report.outcome, EventOutcome::Failed(code.into()));
    }
    let report = handled(Limits::default(), "event-send", with(ServiceError::Storage("disk on fire".into()))).await.0;
    assert_eq!(fault(&report).0, FailureClass::Unavailable);
    assert!(!fault(&report).1.contains("disk on fire") && report.log.iter().any(|line| line.contains("disk on fire")));
    let report = handled(Limits::default(), "event-send", Desk { body: (4 << 20) + 1, ..Desk::default() }).await.0;
    assert_eq!(report.outcome, EventOutcome::Failed("failed".into()), "an answer beyond the bound");
}

#[tokio::test]
async fn requests_are_counted() {
    let (report, desk) = handled(Limits::default(), "event-send-storm", Desk::default()).await;
    assert!(fault(&report).0 == FailureClass::HostBudget && fault(&report).1.contains("20 requests"), "{:?}", report.outcome);
    assert_eq!(desk.sent.lock().unwrap().len(), 20);
}

#[tokio::test]
async fn a_request_that_hangs_does_not_outlive_the_clock() {
    let limits = Limits { wall: Duration::from_millis(100), ..Limits::default() };
    let desk = Desk { hangs: Duration::from_millis(1500), ..Desk::default() };
    let bench = Bench::new(limits);
    let digest = install(&bench, "event-send").await;
    let started = Instant::now();
    let report = bench.host.handle(call(digest, Arc::new(desk))).await;
    assert_eq!(fault(&report).0, FailureClass::Deadline);
    assert!(started.elapsed() < Duration::from_secs(1), "took {:?}", started.elapsed());
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_seen() {
    let limits = Limits { wall: Duration::from_millis(100), ..Limits::default() };
    let desk = Desk { hangs: Duration::from_millis(105), ..Desk::default() };
    let report = handled(limits, "event-send", desk).await.0;
    assert_eq!(fault(&report).0, FailureClass::Deadline);
}

#[tokio::test]
async fn time_and_chance_are_the_servers() {
    let report = handle("event-ambient").await;
    assert_eq!(report.outcome, EventOutcome::Done, "{:?}", report.log);
}

#[tokio::test]
async fn an_event_without_a_repository_has_no_commits() {
    let bench = Bench::new(Limits::default());
    let digest = install(&bench, "event-write").await;
    let report = bench.host.handle(EventCall { repository: None, ..call(digest, Arc::default()) }).await;
    assert_eq!(report.outcome, EventOutcome::Failed("not-found".into()));
}

#[tokio::test]
async fn a_component_of_both_worlds_is_pure_while_it_judges() {
    let bench = Bench::new(Limits::default());
    let info = bench.host.prepare(component("event-and-policy")).await.unwrap();
    assert_eq!(info.worlds, ["policy", "events"]);
    assert_eq!(bench.host.handle(call(info.digest, Arc::default())).await.outcome, EventOutcome::Done);
    for _ in 0..3 {
        let outcome = bench.judge(info.digest).await;
        assert_eq!(outcome.verdict, "trap");
        assert!(outcome.lines[0].contains("`state`, which is not there while a push is judged"), "{:?}", outcome.lines);
    }
}

#[tokio::test]
async fn a_policy_that_asks_others_is_asked_each_time() {
    let bench = Bench::new(Limits::default());
    let digest = bench.install("online").await;
    let basis = Basis { repo: RepoId(1), generation: 1, pack: None, carried: 0, tips: Vec::new() };
    for _ in 0..3 {
        let services = Some(Arc::new(Desk::default()) as Arc<dyn Services>);
        let call = PolicyCall { basis: Some(basis.clone()), services, ..isolation::call(digest, 1, repository().view) };
        let report = bench.host.check(call).await;
        assert_eq!(report.source, Source::Online);
        assert!(matches!(report.outcome, PolicyOutcome::Verdicts(_)) && report.usage.fuel > 0, "{:?}", report.outcome);
    }
}

#[tokio::test]
async fn a_policy_that_asks_others_runs_only_where_it_may() {
    let bench = Bench::new(Limits::default());
    let info = bench.host.prepare(component("online")).await.unwrap();
    assert_eq!(info.worlds, ["policy-online"]);
    let call = isolation::call(info.digest, 1, repository().view);
    let report = bench.host.check(call.clone()).await;
    assert!(matches!(&report.outcome, PolicyOutcome::Fault(FailureClass::Unavailable, text) if text.contains("other servers")));
    let report = bench.host.check(PolicyCall { services: Some(Arc::new(Desk::default())), ..call }).await;
    assert!(matches!(report.outcome, PolicyOutcome::Verdicts(_)), "{:?}", report.outcome);
}

/// Runs a scenario over a fixture; what differs.
async fn scenario(fixture: &str, text: &str) -> Vec<String> {
    let bench = Bench::new(Limits::default());
    let digest = install(&bench, fixture).await;
    Scenario::parse(text).unwrap().run(&bench.host, digest, "{}").await.unwrap().problems
}

#[tokio::test]
async fn a_scenario_tells_each_difference() {
    let right = r#"
        [[answer]]
        status = 204
        [[answer]]
        error = "denied"
        [[event]]
        kind = "repository.created"
        expect = "done"
        request = [{ method = "POST", url = "https://chat.example/{secret:room}", contains = ["fixture"], headers = { Idempotency-Key = "1-1" } }]
        [[event]]
        kind = "status"
        payload = { sha = "{tip}" }
        expect = "failed"
        contains = ["denied"]
        request = [{ lacks = ["secret"] }]
    "#;
    assert_eq!(scenario("event-send", right).await, [""; 0]);
    let differences = [
        ("expect = \"done\"", "expect = \"retry\"", "expected retry, got done"),
        ("method = \"POST\"", "method = \"PUT\"", "method: expected \"PUT\""),
        ("contains = [\"fixture\"]", "contains = [\"else\"]", "does not contain \"else\""),
        ("lacks = [\"secret\"]", "lacks = [\"fixture\"]", "contains \"fixture\""),
        ("contains = [\"denied\"]", "contains = [\"full\"]", "reason does not contain"),
        ("\"1-1\"", "\"1-2\"", "Idempotency-Key"),
        ("request = [{ lacks = [\"secret\"] }]", "", "expected 0 requests, got 1"),
        ("{ lacks = [\"secret\"] }", "{}, {}", "expected 2 requests, got 1"),
        ("contains = [\"denied\"]", "status = [{}]", "expected 1 statuses, got 0"),
        ("contains = [\"denied\"]", "state = { key = \"x\" }", "state key"),
    ];
    for (from, to, problem) in differences {
        assert!(right.contains(from), "{from}");
        let problems = scenario("event-send", &right.replace(from, to)).await;
        assert!(problems.len() == 1 && problems[0].contains(problem), "{to}: {problems:?}");
    }
}

#[tokio::test]
async fn what_one_event_keeps_the_next_one_finds_unless_it_failed() {
    let text = |first: &str| format!("[[event]]\nkind = \"x\"\nexpect = \"{first}\"\nstate = {{ key = \"KEPT\" }}");
    assert_eq!(scenario("event-swap", &text("done").replace("KEPT", "hostile")).await, [""; 0]);
    assert_eq!(scenario("event-retry", &text("retry").replace("KEPT", "")).await, [""; 0]);
    let twice = [text("done").replace("KEPT", "hostile"), text("trap").replace("KEPT", "hostile")].join("\n");
    assert_eq!(scenario("event-swap", &twice).await, [""; 0], "the second time there is a value already");
}

#[tokio::test]
async fn a_scenario_of_a_policy_that_asks_others_has_a_clock() {
    let text = |now: &str| format!("{now}\n{}", crate::support::PUSH);
    assert_eq!(scenario("online", &text("")).await, [""; 0]);
    assert_eq!(scenario("online", &text("now = 5")).await, ["expected accepted, got trap"]);
}

#[tokio::test]
async fn a_scenario_of_a_policy_that_asks_others_has_answers_and_tells_what_was_asked() {
    let bench = Bench::new(Limits::default());
    let asks = component_of("online-ask", |text| {
        let text = text.replace("@URL-LENGTH@", "22").replace("@URL@", "https://chat.example/x").replace("@PATIENT@", "0");
        text.replace("@HEADER-LENGTH@", "5").replace("@HEADER@", "X-Key").replace("@SLOTS@", "1")
    });
    let digest = bench.host.prepare(asks).await.unwrap().digest;
    let run = async |text: String| Scenario::parse(&text).unwrap().run(&bench.host, digest, "{}").await.unwrap();
    let right = r#"
        answer = [{ status = 403, body = "frozen" }]
        request = [{ method = "GET", url = "https://chat.example/x", headers = { X-Key = "{secret:chat}" } }]
        commit = [{ message = "Second" }]
        expect = { reject = "asked", contains = ["frozen"] }
    "#;
    assert_eq!(run(right.to_owned()).await.problems, [""; 0]);
    for (from, to, problem) in [
        ("status = 403", "status = 200", "expected rejected: asked, got accepted"),
        ("status = 403", "error = \"denied\"", "expected rejected: asked, got bad-output"),
        ("GET", "PUT", "method: expected \"PUT\", got \"GET\""),
        ("secret:chat", "secret:other", "X-Key: expected"),
    ] {
        let problems = run(right.replace(from, to)).await.problems;
        assert!(problems.iter().any(|one| one.contains(problem)), "{problems:?}");
    }
    assert!(Scenario::parse(&right.replace("status = 403", "error = \"lost\"")).unwrap_err().contains("is none of denied"));
}

#[tokio::test]
async fn each_call_goes_to_a_component_that_answers_it() {
    let bench = Bench::new(Limits::default());
    let (handler, policy) = (install(&bench, "event-write").await, bench.install("accept").await);
    assert_eq!(fault(&bench.host.handle(call(policy, Arc::default())).await).0, FailureClass::Unavailable);
    assert_eq!(bench.judge(handler).await.verdict, "unavailable");
    assert_eq!(fault(&bench.host.handle(call(Digest([9; 32]), Arc::default())).await).0, FailureClass::Unavailable);
}

#[tokio::test]
async fn what_a_component_is_asked_at_install_it_answers_alone() {
    let bench = Bench::new(Limits::default());
    let curious = component_of("event-write", |text| {
        text.replace(
            "(func $describe (export \"hardie:plugin/plugin-info@0.1.0#describe\") (result i32)",
            "(func $describe (export \"hardie:plugin/plugin-info@0.1.0#describe\") (result i32) (drop (call $now))",
        )
    });
    let refusal = bench.host.prepare(curious).await.unwrap_err();
    assert!(refusal.contains("`clock`, which is not there while it is asked for its name"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_are_judged_while_events_hang() {
    let bench = Bench::new(Limits { events: 2, running: 2, ..Limits::default() });
    let (slow, policy) = (install(&bench, "event-send").await, bench.install("accept").await);
    let desk = Arc::new(Desk { hangs: Duration::from_millis(600), ..Desk::default() });
    let hanging: Vec<_> = (0..2)
        .map(|_| {
            let (host, call) = (bench.host.clone(), call(slow, desk.clone()));
            tokio::spawn(async move { host.handle(call).await })
        })
        .collect();
    while desk.sent.lock().unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let started = Instant::now();
    assert_eq!(bench.judge(policy).await.verdict, "accepted");
    assert!(started.elapsed() < Duration::from_millis(500), "took {:?}", started.elapsed());
    for task in hanging {
        assert_eq!(task.await.unwrap().outcome, EventOutcome::Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_nobody_waits_for_gives_its_place_to_the_next() {
    let bench = Bench::new(Limits { events: 1, requests: 1000, ..Limits::default() });
    let (storm, writes) = (install(&bench, "event-send-storm").await, install(&bench, "event-write").await);
    let desk = Arc::new(Desk { hangs: Duration::from_millis(50), ..Desk::default() });
    let left = tokio::time::timeout(Duration::from_millis(300), bench.host.handle(call(storm, desk.clone()))).await;
    assert!(left.is_err(), "it sends for ten seconds");
    let started = Instant::now();
    let other = EventCall { installation: InstallationId(2), ..call(writes, Arc::default()) };
    assert_eq!(bench.host.handle(other).await.outcome, EventOutcome::Done);
    assert!(started.elapsed() < Duration::from_secs(5), "took {:?}", started.elapsed());
    assert!(!desk.sent.lock().unwrap().is_empty());
}
