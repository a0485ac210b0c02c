//! Which path is the server's and which is the UI's.

use crate::pages::PAGES;

/// Where the files of the bundle live. No account's name begins with `-`, so this shadows nobody.
pub(super) const FILES: &str = "/-/ui/";

/// Who answers a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// The server, through the proxy.
    Server,
    /// A file of the bundle, by its name.
    File(&'a str),
    /// The UI: it reads the address itself.
    Page,
    /// This process: alive.
    Health,
    /// Nobody; a page here would only confuse the program that asked.
    Nothing,
}

/// Decides by the raw path, still percent-encoded: what is matched is never encoded by an honest client.
pub(super) fn target(path: &str) -> Target<'_> {
    if let Some(name) = path.strip_prefix(FILES) {
        return Target::File(name);
    }
    match path {
        "/healthz" => return Target::Health,
        "/readyz" | "/swagger.v1.json" | "/api" | "/login" => return Target::Server,
        "/favicon.ico" | "/robots.txt" | "/manifest.json" => return Target::Nothing,
        _ => {}
    }
    let mut parts = path.strip_prefix('/').unwrap_or(path).splitn(3, '/');
    let (owner, repo, rest) = (parts.next().unwrap_or(""), parts.next(), parts.next());
    let (Some(repo), Some(rest)) = (repo, rest) else {
        // `/api/x` and the like have two parts only.
        return if is_server_root(owner, repo) { Target::Server } else { Target::Page };
    };
    if is_server_root(owner, Some(repo)) || is_git(repo, rest) || is_repository_bytes(rest) {
        return Target::Server;
    }
    Target::Page
}

fn is_server_root(first: &str, second: Option<&str>) -> bool {
    match first {
        "api" | ".well-known" | "assets" | "attachments" | "avatars" => second.is_some(),
        // One that is asked for something; the list of them would be a page.
        "plugins" => second.is_some_and(|second| !second.is_empty()),
        "login" => second.is_some_and(|second| second == "oauth" || PAGES.contains(&second)),
        _ => false,
    }
}

/// Git's own requests below one repository, the old file-by-file protocol included: the server refuses that by name.
fn is_git(repo: &str, rest: &str) -> bool {
    matches!(rest, "info/refs" | "git-upload-pack" | "git-receive-pack" | "git-upload-archive")
        || rest.starts_with("info/lfs/")
        || rest.starts_with("info/bundles/")
        || rest == "info/lfs"
        || (repo.ends_with(".git") && (rest == "HEAD" || rest.starts_with("objects/") || rest.starts_with("info/")))
}

/// Bytes that users put there. They never run in the UI's origin: the server sends them with a sandbox policy.
fn is_repository_bytes(rest: &str) -> bool {
    rest.starts_with("raw/") || rest.starts_with("archive/") || rest.starts_with("releases/download/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_paths_are_passed_on() {
        for path in [
            "/api/v1/version",
            "/api/openapi.json",
            "/api/docs",
            "/swagger.v1.json",
            "/readyz",
            "/login",
            "/login/oauth/authorize",
            "/login/forgot",
            "/login/reset",
            "/login/verify",
            "/login/sign-up",
            "/login/sign-in",
            "/login/applications",
            "/login/passkey",
            "/login/passkeys",
            "/login/passkey.js",
            "/.well-known/openid-configuration",
            "/ann/tool.git/info/refs",
            "/ann/tool/git-upload-pack",
            "/ann/tool/git-receive-pack",
            "/ann/tool/git-upload-archive",
            "/ann/tool.git/info/lfs/objects/batch",
            "/ann/tool/info/bundles/1a2b",
            "/ann/tool.git/objects/info/packs",
            "/ann/tool/raw/branch/main/a.txt",
            "/ann/tool/archive/main.tar.gz",
            "/avatars/1",
            "/avatars/repos/1",
            "/plugins/7",
            "/plugins/7/",
            "/plugins/7/page/a.txt",
        ] {
            assert_eq!(target(path), Target::Server, "{path}");
        }
    }

    #[test]
    fn pages_are_the_uis_even_where_files_have_telling_names() {
        for path in [
            "/",
            "/login/other",
            "/user/login",
            "/ann",
            "/ann/tool",
            "/ann/tool.git",
            "/ann/tool/src/branch/main/raw/info/refs",
            "/ann/tool/src/branch/main/HEAD",
            "/ann/raw/settings",
            "/apix/y/z",
            "/ann/tool/settings/plugins",
        ] {
            assert_eq!(target(path), Target::Page, "{path}");
        }
    }

    #[test]
    fn files_of_the_bundle_have_a_place_of_their_own() {
        assert_eq!(target("/-/ui/app-1a2b.js"), Target::File("app-1a2b.js"));
        assert_eq!(target("/-/ui/../secret"), Target::File("../secret"));
        assert_eq!(target("/healthz"), Target::Health);
        assert_eq!(target("/favicon.ico"), Target::Nothing);
    }
}
