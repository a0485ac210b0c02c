//! What a request costs, by its route: the code says how much the server has to think for it.

use axum::http::Method;

/// In routes that walk through history or read much: the pages that crawlers like best.
const DEAREST: [&str; 7] =
    ["/repos/migrate", "/blame/", "/compare/", "/archive/", "/{repo}/search", "/{repo}/contributors", "/{repo}/generate"];
/// Ends of routes that do some of it.
const DEAR: [&str; 2] = ["/commits", "/diff"];
/// Ends of routes of git itself.
const GIT: [&str; 3] = ["/git-upload-pack", "/git-upload-archive", "/git-receive-pack"];

/// Points for a request; 0 for what is never counted.
pub fn cost(method: &Method, route: &str) -> u32 {
    if matches!(route, "/healthz" | "/readyz" | "/metrics") || method == Method::OPTIONS {
        return 0;
    }
    if DEAREST.iter().any(|part| route.contains(part)) {
        10
    } else if DEAR.iter().any(|end| route.ends_with(end)) {
        5
    } else if GIT.iter().any(|end| route.ends_with(end)) {
        3
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_cost_nothing_and_what_walks_through_history_costs_most() {
        let get = |route: &str| cost(&Method::GET, route);
        assert_eq!(["/healthz", "/readyz", "/metrics"].map(get), [0, 0, 0]);
        assert_eq!(get("/api/v1/user"), 1);
        assert_eq!(get("/api/v1/repos/{owner}/{repo}/commits"), 5);
        for route in ["/{owner}/{repo}/archive/{*archive}", "/api/v1/repos/{owner}/{repo}/compare/{*basehead}"] {
            assert_eq!(get(route), 10, "{route}");
        }
        assert_eq!(cost(&Method::POST, "/{owner}/{repo}/git-upload-pack"), 3);
    }
}
