//! Query parameters, read one by one: clients send many that only Gitea knows, and those are ignored.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hardie_domain::page::Page;

use crate::error::Refusal;
use crate::links::decode;

/// The parameters in order, not yet decoded.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Splits a query.
    pub fn parse(query: &str) -> Query {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Query(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
    }

    /// The first value of a parameter, as bytes; `None` if it is absent or empty.
    pub fn bytes(&self, name: &str) -> Result<Option<Vec<u8>>, Refusal> {
        let Some((_, raw)) = self.0.iter().find(|(key, _)| key == name) else { return Ok(None) };
        let bytes = decode(&raw.replace('+', " ")).filter(|bytes| !bytes.contains(&0));
        let bytes = bytes.ok_or_else(|| Refusal::bad_request(format!("the parameter {name} is not a well-formed text")))?;
        Ok(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// The first value of a parameter, as text; `None` if it is absent or empty.
    pub fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        let bytes = self.bytes(name)?.map(String::from_utf8).transpose();
        bytes.map_err(|_| Refusal::bad_request(format!("the parameter {name} is not UTF-8")))
    }

    /// Whether a parameter says yes (`true`, `1`) or no; `None` if it says neither.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        Ok(match self.text(name)?.as_deref() {
            Some("true" | "1") => Some(true),
            Some("false" | "0") => Some(false),
            _ => None,
        })
    }

    /// A number; what is none counts as absent, as in Gitea.
    pub fn number<N: std::str::FromStr>(&self, name: &str) -> Result<Option<N>, Refusal> {
        Ok(self.text(name)?.and_then(|text| text.parse().ok()))
    }

    /// `page` and `limit` (older clients say `per_page`).
    pub fn page(&self) -> Result<Page, Refusal> {
        self.page_within(Page::DEFAULT_LIMIT, Page::MAX_LIMIT)
    }

    /// As [`Query::page`] with other bounds.
    pub fn page_within(&self, default: u32, most: u32) -> Result<Page, Refusal> {
        let limit = self.number("limit")?;
        let limit = if limit.is_some() { limit } else { self.number("per_page")? };
        Ok(Page::sized(self.number("page")?, limit, default, most))
    }

    /// A parameter that is there more than once.
    pub fn repeated(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        })
    }

    /// The same query asking for another page, for `Link`.
    pub fn with_page(&self, number: u64) -> String {
        let others = self.0.iter().filter(|(key, _)| key != "page").map(|(key, value)| format!("&{key}={value}"));
        format!("page={number}{}", others.collect::<String>())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query, Infallible> {
        Ok(Query::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_one_by_one() {
        let query = Query::parse("ref=feature%2Fx&q=a+b%2Bc&empty=&archived=false&page=2&limit=1000");
        assert_eq!(query.text("ref").unwrap().as_deref(), Some("feature/x"));
        assert_eq!(query.text("q").unwrap().as_deref(), Some("a b+c"));
        assert_eq!((query.text("empty").unwrap(), query.text("absent").unwrap()), (None, None));
        assert_eq!(query.flag("archived").unwrap(), Some(false));
        assert_eq!((query.page().unwrap().number(), query.page().unwrap().limit()), (2, 50));
        assert_eq!(query.with_page(3), "page=3&ref=feature%2Fx&q=a+b%2Bc&empty=&archived=false&limit=1000");
    }

    #[test]
    fn nonsense_is_refused_or_counts_as_absent() {
        let query = Query::parse("page=minus&limit=-1&ref=%00&q=%ff&bad=%");
        assert_eq!((query.page().unwrap().number(), query.page().unwrap().limit()), (1, 30));
        assert!(query.text("ref").is_err() && query.text("q").is_err() && query.text("bad").is_err());
        assert_eq!(query.bytes("q").unwrap(), Some(vec![0xff]));
    }
}
