//! Web requests to a component: what a scenario shows of them, and what one may do that another may not.

use hardie_plugin_host::Limits;
use hardie_plugin_host::scenario::{Outcome, Scenario};

use crate::support::Bench;

/// Asks the fixture.
async fn ask(scenario: &str) -> Outcome {
    let bench = Bench::new(Limits::default());
    let digest = bench.install("web-all").await;
    Scenario::parse(scenario).unwrap().run(&bench.host, digest, "{}").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_shows_what_became_of_each_request() {
    let outcome = ask(r#"
state = { key = "before" }
[[commit]]
message = "First"
[[answer]]
body = "from elsewhere"
[[web]]
path = "/m/a?b=c"
headers = { Cookie = "secret", X-Plugin-Note = "note" }
expect = "200"
contains = ["/m/a", "b=c", "x-plugin-note", "ann/demo", "/plugins/1"]
lacks = ["secret", "ookie"]
answered = { content-type = "text/plain; charset=utf-8", cache-control = "no-store" }
[[web]]
path = "/w"
caller = { name = "bob", role = "write" }
expect = "200"
contains = ["bob", "write"]
[[web]]
path = "/w"
expect = "200"
contains = ["nobody"]
[[web]]
path = "/x"
expect = "200"
contains = ["denied"]
state = { key = "before" }
[[web]]
method = "POST"
path = "/f"
expect = "failed"
state = { key = "before" }
[[web]]
method = "POST"
path = "/t"
expect = "trap"
state = { key = "before" }
[[web]]
method = "POST"
path = "/x"
expect = "200"
state = { key = "nobody" }
[[web]]
path = "/h?https://elsewhere.example/x"
expect = "200"
contains = ["from elsewhere"]
request = [{ method = "GET", url = "https://elsewhere.example/x" }]
[[web]]
path = "/l"
expect = "out-of-fuel"
[[web]]
path = "/b"
expect = "host-budget"
"#)
    .await;
    assert_eq!(outcome.problems, [""; 0], "{:?}", outcome.log);
    assert_eq!(outcome.verdict, "200, 200, 200, 200, failed, trap, 200, 200, out-of-fuel, host-budget");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scenario_that_expects_something_else_says_so() {
    let outcome = ask(r#"
[[web]]
path = "/w"
expect = "404"
contains = ["ann"]
lacks = ["nobody"]
answered = { etag = "x" }
request = [{ method = "GET" }]
state = { key = "x" }
"#)
    .await;
    assert_eq!(outcome.problems.len(), 6, "{:?}", outcome.problems);
    assert!(outcome.problems.iter().all(|problem| problem.starts_with("request 1, GET /w: ")), "{:?}", outcome.problems);
    for (bad, why) in [
        ("path = \"w\"\nexpect = \"200\"", "begin with /"),
        ("path = \"/\"", "expect"),
        ("path = \"/\"\nexpect = \"200\"\nx = 1", "unknown"),
    ] {
        assert!(Scenario::parse(&format!("[[web]]\n{bad}\n")).unwrap_err().contains(why), "{bad}");
    }
}
