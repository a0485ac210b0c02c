//! Addresses of Gitea's API that this server does not have yet: named, so that a client's failure says what is missing.

use crate::error::Refusal;

/// What begins so is missing, whatever the method; `*` stands for one segment. The repository or account is not looked at: the
/// answer must not tell whether it exists.
const MISSING: &[(&str, &str)] = &[
    ("repos/issues", "issues"),
    ("repos/*/*/actions", "actions"),
    ("repos/*/*/activities", "feeds of activity"),
    ("repos/*/*/assignees", "issues"),
    ("repos/*/*/commits/*/pull", "pull requests"),
    ("repos/*/*/diffpatch", "patches through the API; send the files to contents"),
    ("repos/*/*/editorconfig", "EditorConfig through the API"),
    ("repos/*/*/git/hooks", "hooks on the server's disk; install a plugin"),
    ("repos/*/*/issue_config", "issues"),
    ("repos/*/*/issue_templates", "issues"),
    ("repos/*/*/issues", "issues"),
    ("repos/*/*/licenses", "detection of licences"),
    ("repos/*/*/merge-upstream", "merging into forks through the API; fetch and push"),
    ("repos/*/*/mirror-sync", "mirrors"),
    ("repos/*/*/pulls", "pull requests"),
    ("repos/*/*/push_mirrors", "mirrors"),
    ("repos/*/*/push_mirrors-sync", "mirrors"),
    ("repos/*/*/reviewers", "pull requests"),
    ("repos/*/*/signing-key.gpg", "commits signed by the server"),
    ("repos/*/*/times", "issues"),
    ("repos/*/*/wiki", "wikis"),
    ("user/actions", "actions"),
    ("user/blocks", "blocked users"),
    ("user/followers", "followers"),
    ("user/following", "followers"),
    ("user/hooks", "webhooks of users"),
    ("user/stopwatches", "issues"),
    ("user/times", "issues"),
    ("users/*/activities", "feeds of activity"),
    ("users/*/followers", "followers"),
    ("users/*/following", "followers"),
    ("users/*/heatmap", "feeds of activity"),
    ("orgs/*/actions", "actions"),
    ("orgs/*/activities", "feeds of activity"),
    ("orgs/*/blocks", "blocked users"),
    ("notifications", "notifications"),
    ("packages", "packages"),
    ("activitypub", "federation"),
    ("markdown", "rendering of Markdown through the API"),
    ("markup", "rendering of markup through the API"),
    ("gitignore", "templates for .gitignore"),
    ("licenses", "templates for licences"),
    ("signing-key.gpg", "commits signed by the server"),
    ("admin/actions", "actions"),
    ("admin/cron", "scheduled tasks that can be started by hand"),
    ("admin/orgs", "a list of all organisations"),
    ("admin/runners", "actions"),
    ("admin/unadopted", "adoption of repositories on the disk"),
];

/// 501 for what Gitea has at this address and this server has not.
pub fn missing(path: &str) -> Option<Refusal> {
    let path = path.strip_prefix("/api/v1/")?;
    MISSING.iter().find(|(pattern, _)| begins(path, pattern)).map(|(_, what)| Refusal::not_there_yet(what))
}

/// Whether an address below `/api/v1/` begins with these segments; `*` stands for any.
pub(super) fn begins(path: &str, pattern: &str) -> bool {
    let mut segments = path.split('/');
    pattern.split('/').all(|wanted| segments.next().is_some_and(|segment| !segment.is_empty() && (wanted == "*" || wanted == segment)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_and_what_gitea_has_not_either_is_not() {
        let said = |path: &str| missing(path).map(|refusal| (refusal.status.as_u16(), refusal.message));
        let hooks = said("/api/v1/user/hooks").unwrap();
        assert_eq!(hooks, (501, "this server does not have webhooks of users yet".to_owned()));
        for path in ["repos/a/b/pulls/1/merge", "user/times", "repos/a/b/commits/x/pull"] {
            assert!(said(&format!("/api/v1/{path}")).is_some(), "{path}");
        }
        for path in ["/api/v1/nonsense", "/api/v1/repos/a/b/hookss", "/api/v1/repos//b/hooks", "/hooks", "/api/v1/users/a"] {
            assert_eq!(said(path), None, "{path}");
        }
        assert_eq!(said("/api/v1/repos/a/b/contents/x"), None);
    }
}
