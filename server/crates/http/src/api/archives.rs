//! Archives to download.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use hardie_app::browse::archive_content;
use hardie_app::transport::{ArchiveFormat, ArchiveOptions, send_archive};

use crate::auth::Asker;
use crate::cache::{conditional, etag, has};
use crate::error::{Answer, Refusal};
use crate::git::conversation::run;
use crate::links::encode_query;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::raw::protection;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let op = Op::new("repoGetArchive", "repository", "A branch, tag or commit as one file: its name, then .zip, .tar.gz or .tar");
    api.get("/repos/{owner}/{repo}/archive/{*archive}", op.gives_bytes("*/*"), download)
}

/// `…/archive/{ref}.{zip|tar.gz|tgz|tar}`, below the API and below the repository's page.
pub async fn download(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, headers: HeaderMap) -> Answer<Response> {
    let (repo, name) = (parts.repo()?, parts.text("archive")?);
    let (rev, format) = split(&name).ok_or_else(|| Refusal::not_found("archive: its name ends in .zip, .tar.gz or .tar, and it"))?;
    let content = archive_content(&http.app, &ctx, &repo, rev.as_bytes()).await?;
    let tag = etag(&[&content.commit.to_hex(), format.extension()]);
    if has(&headers, &tag) {
        return Ok(conditional(&headers, &tag, || ().into_response()));
    }
    let short = ["refs/heads/", "refs/tags/"].iter().find_map(|below| rev.strip_prefix(below)).unwrap_or(rev);
    let file = format!("{}-{}.{}", repo.name, short.replace('/', "-"), format.extension());
    // The folder that Gitea's archives have, which build scripts rely on.
    let prefix = format!("{}/", repo.name.as_str().to_lowercase()).into_bytes();
    let options = ArchiveOptions { format, prefix, ..ArchiveOptions::default() };
    let app = http.app.clone();
    let body = run(move |output| async move { send_archive(&app, &ctx, &repo, content, options, output).await }).await?;
    let mut fields = protection();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(format)));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{}", encode_query(file.as_bytes()))) {
        fields.insert(CONTENT_DISPOSITION, value);
    }
    Ok(conditional(&headers, &tag, || (fields, body).into_response()))
}

fn split(name: &str) -> Option<(&str, ArchiveFormat)> {
    let endings =
        [(".tar.gz", ArchiveFormat::TarGz), (".tgz", ArchiveFormat::TarGz), (".zip", ArchiveFormat::Zip), (".tar", ArchiveFormat::Tar)];
    let found = endings.into_iter().find_map(|(ending, format)| Some((name.strip_suffix(ending)?, format)));
    found.filter(|(rev, _)| !rev.is_empty() && !rev.contains(':'))
}

fn content_type(format: ArchiveFormat) -> &'static str {
    match format {
        ArchiveFormat::Tar => "application/x-tar",
        ArchiveFormat::TarGz => "application/gzip",
        ArchiveFormat::Zip => "application/zip",
    }
}

#[cfg(test)]
mod tests {
    use super::{ArchiveFormat, split};

    #[test]
    fn the_ending_is_the_format_and_the_rest_the_ref() {
        assert_eq!(split("feature/v1.2.tar.gz"), Some(("feature/v1.2", ArchiveFormat::TarGz)));
        assert_eq!(split("v1.2.tgz"), Some(("v1.2", ArchiveFormat::TarGz)));
        assert_eq!(split("main.zip"), Some(("main", ArchiveFormat::Zip)));
        assert_eq!(split("main.tar"), Some(("main", ArchiveFormat::Tar)));
        for name in ["main", ".zip", "main.rar", "main.tar.bz2", "main:src.zip"] {
            assert_eq!(split(name), None, "{name}");
        }
    }
}
