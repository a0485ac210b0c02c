//! Counters for Prometheus (text exposition format 0.0.4). Labels come from the code alone, never from a request, so that
//! nobody can grow the registry from outside.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use hardie_app::push::AnswerCounts;
use hardie_app::upkeep::CollectionCounts;

/// Upper bounds of the histogram in seconds.
const BUCKETS: [f64; 10] = [0.001, 0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0, 3600.0];

/// The registry of this door.
#[derive(Default)]
pub struct Metrics {
    under_way: AtomicI64,
    routes: Mutex<BTreeMap<String, Route>>,
    plugins: Mutex<BTreeMap<&'static str, u64>>,
}

#[derive(Default)]
struct Route {
    answers: BTreeMap<(&'static str, u16), u64>,
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

/// A request under way, counted until dropped: one that is given up is dropped too.
pub struct UnderWay<'a>(&'a AtomicI64);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts a request as under way.
    pub fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(&self.under_way)
    }

    /// Counts an answer. `route` is a route's pattern; the time is up to the answer's head.
    pub fn record(&self, method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
        let mut routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        if !routes.contains_key(route) {
            routes.insert(route.to_owned(), Route::default());
        }
        let Some(entry) = routes.get_mut(route) else { return };
        *entry.answers.entry((method_label(method), status.as_u16())).or_default() += 1;
        let seconds = elapsed.as_secs_f64();
        for (bucket, bound) in entry.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(seconds <= bound);
        }
        entry.count += 1;
        entry.seconds += seconds;
    }

    /// Counts a web request to a plugin by how it ended.
    pub fn record_plugin(&self, outcome: &'static str) {
        *self.plugins.lock().unwrap_or_else(PoisonError::into_inner).entry(outcome).or_default() += 1;
    }

    /// The text that Prometheus reads.
    /// `damaged_packs` is `None` if the database did not say.
    pub fn render(&self, collections: &CollectionCounts, answers: &AnswerCounts, damaged_packs: Option<u64>) -> String {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::new();
        head(&mut out, "hardie_build_info", "gauge", "The version that runs.");
        line(&mut out, &format!("hardie_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION")));
        head(&mut out, "hardie_http_requests_under_way", "gauge", "HTTP requests whose answer has not begun.");
        line(&mut out, &format!("hardie_http_requests_under_way {}", self.under_way.load(Ordering::Relaxed)));
        head(&mut out, "hardie_http_requests_total", "counter", "HTTP requests answered, by route, method and status.");
        for (route, entry) in routes.iter() {
            for ((method, status), count) in &entry.answers {
                line(&mut out, &format!("hardie_http_requests_total{{route=\"{route}\",method=\"{method}\",status=\"{status}\"}} {count}"));
            }
        }
        head(&mut out, "hardie_plugin_requests_total", "counter", "Web requests to plugins, by how they ended.");
        for (outcome, count) in self.plugins.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            line(&mut out, &format!("hardie_plugin_requests_total{{outcome=\"{outcome}\"}} {count}"));
        }
        head(&mut out, "hardie_http_request_seconds", "histogram", "Seconds to the head of the answer, by route.");
        for (route, entry) in routes.iter() {
            for (bound, count) in BUCKETS.iter().zip(entry.buckets) {
                line(&mut out, &format!("hardie_http_request_seconds_bucket{{route=\"{route}\",le=\"{bound}\"}} {count}"));
            }
            line(&mut out, &format!("hardie_http_request_seconds_bucket{{route=\"{route}\",le=\"+Inf\"}} {}", entry.count));
            line(&mut out, &format!("hardie_http_request_seconds_sum{{route=\"{route}\"}} {}", entry.seconds));
            line(&mut out, &format!("hardie_http_request_seconds_count{{route=\"{route}\"}} {}", entry.count));
        }
        collected(&mut out, collections);
        head(&mut out, "hardie_policy_answers_total", "counter", "Answers of policies about pushes, by where they came from.");
        for (source, count) in answers.counts() {
            line(&mut out, &format!("hardie_policy_answers_total{{source=\"{}\"}} {count}", source.as_str()));
        }
        if let Some(packs) = damaged_packs {
            head(&mut out, "hardie_damaged_packs", "gauge", "Packs whose file is known to be damaged; 0 is well.");
            line(&mut out, &format!("hardie_damaged_packs {packs}"));
        }
        out
    }
}

/// What the process removed of what no ref reaches; the command line's doings are not in it.
fn collected(out: &mut String, counts: &CollectionCounts) {
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    head(out, "hardie_gc_looks_total", "counter", "Looks at a repository for unreachable objects, by how they ended.");
    line(out, &format!("hardie_gc_looks_total{{outcome=\"done\"}} {}", of(&counts.done)));
    line(out, &format!("hardie_gc_looks_total{{outcome=\"failed\"}} {}", of(&counts.failed)));
    head(out, "hardie_gc_objects_total", "counter", "Objects of packs that were replaced, by what became of them.");
    for (fate, count) in [("kept", &counts.kept), ("set_apart", &counts.set_apart), ("removed", &counts.removed)] {
        line(out, &format!("hardie_gc_objects_total{{fate=\"{fate}\"}} {}", of(count)));
    }
    head(out, "hardie_gc_freed_bytes_total", "counter", "Bytes by which the packs of repositories became less.");
    line(out, &format!("hardie_gc_freed_bytes_total {}", of(&counts.freed_bytes)));
    head(out, "hardie_gc_last_look_timestamp_seconds", "gauge", "When the last look ended; 0 before the first.");
    line(out, &format!("hardie_gc_last_look_timestamp_seconds {}", counts.last.load(Ordering::Relaxed)));
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    line(out, &format!("# HELP {name} {help}"));
    line(out, &format!("# TYPE {name} {kind}"));
}

fn line(out: &mut String, text: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(out, "{text}");
}

/// A client may send any word as its method.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_route_method_and_status() {
        let metrics = Metrics::default();
        let under_way = metrics.begin();
        for status in [StatusCode::OK, StatusCode::OK, StatusCode::NOT_FOUND] {
            metrics.record(&Method::GET, "/api/v1/user", status, Duration::from_millis(2));
        }
        metrics.record(&Method::from_bytes(b"BREW").unwrap(), "none", StatusCode::METHOD_NOT_ALLOWED, Duration::ZERO);
        let text = metrics.render(&CollectionCounts::default(), &AnswerCounts::default(), Some(2));
        for expected in [
            "hardie_http_requests_under_way 1\n",
            "hardie_http_requests_total{route=\"/api/v1/user\",method=\"GET\",status=\"200\"} 2\n",
            "hardie_http_requests_total{route=\"none\",method=\"other\",status=\"405\"} 1\n",
            "hardie_http_request_seconds_bucket{route=\"/api/v1/user\",le=\"0.001\"} 0\n",
            "hardie_http_request_seconds_bucket{route=\"/api/v1/user\",le=\"0.005\"} 3\n",
            "hardie_http_request_seconds_count{route=\"/api/v1/user\"} 3\n",
            "hardie_damaged_packs 2\n",
            "hardie_policy_answers_total{source=\"cached\"} 0\n",
        ] {
            assert!(text.contains(expected), "{expected} in\n{text}");
        }
        drop(under_way);
        assert!(metrics.render(&CollectionCounts::default(), &AnswerCounts::default(), None).contains("under_way 0\n"));
    }
}
