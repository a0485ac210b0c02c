//! Which headers of a request a plugin sees.

/// Those that are about the request itself. Nothing that lets somebody in, nothing that tells who asks or from where.
const PASSED: &[&str] = &[
    "accept",
    "accept-language",
    "content-language",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "user-agent",
    // What services say with a webhook.
    "x-event-key",
    "x-gitea-delivery",
    "x-gitea-event",
    "x-gitea-signature",
    "x-github-delivery",
    "x-github-event",
    "x-gitlab-event",
    "x-hub-signature",
    "x-hub-signature-256",
];

/// What else a client has to say to a plugin begins so.
const OWN: &str = "x-plugin-";

/// Whether a plugin sees a header of this name, in lower case.
pub fn passed_on(name: &str) -> bool {
    PASSED.contains(&name) || name.starts_with(OWN)
}

#[cfg(test)]
mod tests {
    use super::passed_on;

    #[test]
    fn what_lets_somebody_in_or_tells_who_asks_is_not_passed_on() {
        for name in [
            "cookie",
            "cookie2",
            "authorization",
            "proxy-authorization",
            "x-hardie-csrf",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
            "forwarded",
            "via",
            "sudo",
            "referer",
            "origin",
            "host",
            "sec-fetch-site",
            "x-gitlab-token",
            "x-plugin",
        ] {
            assert!(!passed_on(name), "{name}");
        }
        assert!(passed_on("accept") && passed_on("x-github-event") && passed_on("x-plugin-page"));
    }
}
