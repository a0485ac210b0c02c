//! The clone that a command was started in: which server it came from, and which repository it is.

use std::path::Path;

use hardie_domain::names::RepoPath;
use hardie_outbound::Url;

use super::address::Address;
use super::kept::Book;
use crate::cli::git::ask;

/// Where it came from, `origin` first. Nothing outside a clone, or without git.
fn remotes() -> Vec<String> {
    let folder = Path::new(".");
    let Ok(names) = ask(folder, &["remote"]) else { return Vec::new() };
    let mut names: Vec<&str> = names.lines().filter(|name| !name.starts_with('-')).take(20).collect();
    names.sort_by_key(|name| *name != "origin");
    names.into_iter().filter_map(|name| ask(folder, &["remote", "get-url", name]).ok()).collect()
}

/// The server of the clone, if somebody signed in to it. Nobody is asked whom a stranger's clone alone names.
pub fn server(book: &Book) -> Option<Address> {
    // Most people are in no clone of ours: then git is not run.
    let known: Vec<Address> = book.addresses().map(|(address, _)| address).collect();
    if known.is_empty() {
        return None;
    }
    remotes().iter().find_map(|remote| {
        let mut matching = known.iter().filter(|address| repo_at(remote, address).is_some());
        let first = matching.next()?;
        // Over SSH two servers of one host look alike: the default is meant, or none.
        match matching.next() {
            None => Some(first.clone()),
            Some(_) => known.iter().find(|address| address.as_str() == book.default && repo_at(remote, address).is_some()).cloned(),
        }
    })
}

/// The repository of the clone at this server.
pub fn repo(server: &Address) -> Option<RepoPath> {
    remotes().iter().find_map(|remote| repo_at(remote, server))
}

/// What an address that git fetches from names at this server.
fn repo_at(remote: &str, server: &Address) -> Option<RepoPath> {
    match Url::parse(remote) {
        Ok(mut url) if matches!(url.scheme(), "http" | "https") => {
            url.set_username("").and_then(|()| url.set_password(None)).ok()?;
            RepoPath::parse(url.as_str().strip_prefix(server.as_str())?.strip_prefix('/')?)
        }
        Ok(url) if url.scheme() == "ssh" => RepoPath::parse(url.path()).filter(|_| url.host_str() == Some(server.host())),
        // user@host:path, git's own way to write it; Windows' drives are not among them.
        _ => {
            let (host, path) = remote.split_once(':')?;
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            RepoPath::parse(path).filter(|_| host.eq_ignore_ascii_case(server.host()) && !path.starts_with("//"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(remote: &str, server: &str) -> Option<String> {
        repo_at(remote, &Address::parse(server, true).unwrap()).map(|repo| repo.to_string())
    }

    #[test]
    fn each_way_to_write_a_remote_is_understood() {
        let server = "https://forge.example/hardie";
        for remote in [
            "https://forge.example/hardie/ann/tool.git",
            "https://ann@forge.example/hardie/ann/tool",
            "ssh://git@forge.example:2222/ann/tool.git",
            "git@forge.example:ann/tool.git",
            "forge.example:/ann/tool",
        ] {
            assert_eq!(at(remote, server).as_deref(), Some("ann/tool"), "{remote}");
        }
    }

    #[test]
    fn a_remote_of_somebody_else_names_nothing_here() {
        for remote in [
            "https://forge.example.evil.example/ann/tool.git",
            "https://evil.example/forge.example/ann/tool",
            "http://forge.example/ann/tool.git",
            "https://forge.example:8443/ann/tool.git",
            "https://forge.example/a/b/c",
            "ssh://git@evil.example/ann/tool.git",
            "git@evil.example:ann/tool.git",
            "../tool",
            "/srv/git/ann/tool.git",
            "ext::sh -c ann/tool",
        ] {
            assert_eq!(at(remote, "https://forge.example"), None, "{remote}");
        }
    }
}
