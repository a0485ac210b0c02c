//! Addresses that people and clients see, all made from the one public address.

use axum::http::HeaderMap;
use axum::http::header::HOST;
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::names::RepoPath;
pub use hardie_domain::percent::{decode, encode_path as encode, encode_segment as encode_query};

/// Makes addresses.
#[derive(Clone, Debug)]
pub struct Links {
    public: String,
    ssh: String,
}

impl Links {
    /// `public` is the server's public address, `ssh` is `host` or `host:port`.
    pub fn new(public: &str, ssh: &str) -> Links {
        Links { public: public.trim_end_matches('/').to_owned(), ssh: ssh.to_owned() }
    }

    /// The public address without a trailing slash.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// Whether people come over TLS.
    pub fn is_https(&self) -> bool {
        self.public.starts_with("https://")
    }

    /// Scheme, host and port, as a browser writes them into `Origin`.
    pub fn origin(&self) -> &str {
        let after_scheme = self.public.find("://").map_or(0, |at| at + 3);
        let end = self.public.get(after_scheme..).and_then(|rest| rest.find('/')).map_or(self.public.len(), |at| after_scheme + at);
        self.public.get(..end).unwrap_or(&self.public)
    }

    /// The address by which a request came, for clients that must come back the same way: the public one where its host was asked,
    /// else the host that was asked, as a proxy reports it. Nobody but the asker sees it.
    pub fn asked(&self, headers: &HeaderMap) -> String {
        let text = |name: &str| headers.get_all(name).iter().next_back()?.to_str().ok()?.rsplit(',').next().map(str::trim);
        let host = text("x-forwarded-host").or_else(|| text(HOST.as_str())).filter(|host| is_host(host));
        let public = self.origin().split_once("://").map_or("", |(_, host)| host);
        match host.filter(|host| !host.eq_ignore_ascii_case(public)) {
            Some(host) => format!("{}://{host}", text("x-forwarded-proto").filter(|proto| *proto == "https").unwrap_or("http")),
            None => self.public.clone(),
        }
    }

    /// A page of the UI; `path` begins without a slash and is encoded already.
    pub fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.public)
    }

    /// The picture of a user or an organisation.
    pub fn account_avatar(&self, id: AccountId) -> String {
        self.page(&format!("avatars/{id}"))
    }

    /// The picture of a repository.
    pub fn repo_avatar(&self, id: RepoId) -> String {
        self.page(&format!("avatars/repos/{id}"))
    }

    /// An address of the API; `path` begins without a slash and is encoded already.
    pub fn api(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.public)
    }

    /// An address of the API below one repository.
    pub fn repo_api(&self, repo: &RepoPath, path: &str) -> String {
        let slash = if path.is_empty() { "" } else { "/" };
        self.api(&format!("repos/{}/{}{slash}{path}", encode(repo.owner.as_bytes()), encode(repo.name.as_bytes())))
    }

    /// A page of one repository.
    pub fn repo_page(&self, repo: &RepoPath, path: &str) -> String {
        let slash = if path.is_empty() { "" } else { "/" };
        self.page(&format!("{}/{}{slash}{path}", encode(repo.owner.as_bytes()), encode(repo.name.as_bytes())))
    }

    /// For `git clone` over HTTP.
    pub fn clone_http(&self, repo: &RepoPath) -> String {
        self.page(&format!("{repo}.git"))
    }

    /// For `git clone` over SSH: the short form on the usual port, else a URL.
    pub fn clone_ssh(&self, repo: &RepoPath) -> String {
        let has_port = self.ssh.rsplit_once(':').is_some_and(|(host, port)| !host.ends_with(':') && port.parse::<u16>().is_ok());
        match self.ssh.strip_suffix(":22") {
            Some(host) => format!("git@{host}:{repo}.git"),
            None if has_port => format!("ssh://git@{}/{repo}.git", self.ssh),
            None => format!("git@{}:{repo}.git", self.ssh),
        }
    }
}

/// Whether a text can be a host with perhaps a port, and nothing else.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text.len() < 256
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_sent_back_the_way_it_came() {
        let links = Links::new("https://git.example.org/forge", "");
        let asked = |pairs: &[(&'static str, &'static str)]| {
            let headers: HeaderMap = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            links.asked(&headers)
        };
        assert_eq!(asked(&[]), "https://git.example.org/forge");
        assert_eq!(asked(&[("host", "GIT.example.org")]), "https://git.example.org/forge");
        assert_eq!(asked(&[("host", "127.0.0.1:3000")]), "http://127.0.0.1:3000");
        assert_eq!(asked(&[("host", "inner"), ("x-forwarded-host", "git.example.org")]), "https://git.example.org/forge");
        assert_eq!(asked(&[("x-forwarded-host", "[::1]:8080"), ("x-forwarded-proto", "http")]), "http://[::1]:8080");
        assert_eq!(asked(&[("x-forwarded-host", "alias.example.org"), ("x-forwarded-proto", "https")]), "https://alias.example.org");
        for odd in ["a/b", "a@b", "a b", "a\"b"] {
            assert_eq!(asked(&[("host", odd)]), "https://git.example.org/forge", "{odd}");
        }
    }

    #[test]
    fn addresses_are_made_from_the_public_one() {
        let links = Links::new("https://git.example.org/forge/", "git.example.org:2222");
        let repo = RepoPath { owner: "ann".into(), name: "tool".into() };
        assert_eq!(links.origin(), "https://git.example.org");
        assert_eq!(links.repo_page(&repo, ""), "https://git.example.org/forge/ann/tool");
        assert_eq!(links.repo_api(&repo, "branches"), "https://git.example.org/forge/api/v1/repos/ann/tool/branches");
        assert_eq!(links.clone_http(&repo), "https://git.example.org/forge/ann/tool.git");
        assert_eq!(links.clone_ssh(&repo), "ssh://git@git.example.org:2222/ann/tool.git");
        assert_eq!(Links::new("http://h", "h:22").clone_ssh(&repo), "git@h:ann/tool.git");
        assert_eq!(Links::new("http://h", "h").clone_ssh(&repo), "git@h:ann/tool.git");
        assert_eq!(Links::new("http://localhost:8080", "").origin(), "http://localhost:8080");
    }
}
