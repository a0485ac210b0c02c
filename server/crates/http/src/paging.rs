//! One page of a list as an answer: `X-Total-Count` and `Link` beside the items, as Gitea's clients expect.

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use hardie_domain::page::{Page, Paged};
use serde::Serialize;

use crate::error::Refusal;
use crate::query::Query;
use crate::state::Http;

/// Which page is asked for, and what its neighbours' addresses are made from.
pub struct Paging {
    /// The page.
    pub page: Page,
    base: String,
    query: Query,
}

impl FromRequestParts<Http> for Paging {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Paging, Refusal> {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let query = Query::parse(uri.query().unwrap_or_default());
        Ok(Paging { page: query.page()?, base: format!("{}{}", http.links.public(), uri.path()), query })
    }
}

impl Paging {
    /// The same with other bounds, for lists whose items are small.
    pub fn within(self, default: u32, most: u32) -> Result<Paging, Refusal> {
        Ok(Paging { page: self.query.page_within(default, most)?, ..self })
    }

    /// The items as a JSON list with the headers.
    pub fn answer<T: Serialize>(&self, paged: Paged<T>) -> Response {
        (self.headers(paged.total), axum::Json(paged.items)).into_response()
    }

    /// The headers alone, for a list that is wrapped into something.
    pub fn headers(&self, total: u64) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-total-count", HeaderValue::from(total));
        if let Ok(link) = HeaderValue::from_str(&self.link(total))
            && !link.is_empty()
        {
            headers.insert("link", link);
        }
        headers
    }

    /// The headers for a list whose length is not known, only whether more follows.
    pub fn open_headers(&self, more: bool, total: Option<u64>) -> HeaderMap {
        let seen = self.page.offset() + u64::from(self.page.limit());
        let mut headers = self.headers(total.unwrap_or(if more { seen + 1 } else { seen }));
        if total.is_none() {
            headers.remove("x-total-count");
        }
        headers.insert("x-hasmore", HeaderValue::from_static(if more { "true" } else { "false" }));
        headers
    }

    /// RFC 8288, in Gitea's order: next, last, first, prev.
    fn link(&self, total: u64) -> String {
        let (number, limit) = (u64::from(self.page.number()), u64::from(self.page.limit()));
        let last = total.div_ceil(limit).max(1);
        let mut links = Vec::new();
        if number < last {
            links.push((number + 1, "next"));
            links.push((last, "last"));
        }
        if number > 1 {
            links.push((1, "first"));
            links.push(((number - 1).min(last), "prev"));
        }
        let links = links.into_iter().map(|(page, rel)| format!("<{}?{}>; rel=\"{rel}\"", self.base, self.query.with_page(page)));
        links.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(query: &str, total: u64) -> String {
        let query = Query::parse(query);
        Paging { page: query.page().unwrap(), base: "http://h/api/v1/user/repos".into(), query }.link(total)
    }

    #[test]
    fn neighbours_are_named_with_the_rest_of_the_query() {
        assert_eq!(
            link("limit=10&q=x", 25),
            r#"<http://h/api/v1/user/repos?page=2&limit=10&q=x>; rel="next",<http://h/api/v1/user/repos?page=3&limit=10&q=x>; rel="last""#
        );
        assert_eq!(
            link("page=3&limit=10", 25),
            r#"<http://h/api/v1/user/repos?page=1&limit=10>; rel="first",<http://h/api/v1/user/repos?page=2&limit=10>; rel="prev""#
        );
        assert_eq!(link("", 0), "");
        assert!(link("page=99&limit=10", 25).contains(r#"page=3&limit=10>; rel="prev""#));
    }
}
