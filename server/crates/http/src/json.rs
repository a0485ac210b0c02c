//! JSON bodies of requests: bounded, and refused with a text that says where they are wrong.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use hyper::body::Body as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};

use crate::blocking::blocking;
use crate::config::HttpConfig;
use crate::error::Refusal;
use crate::layers::Turn;
use crate::state::Http;

/// What is read and thrown away of a body that is too large, so that the client gets to read why.
const DRAIN_BYTES: usize = 8 << 20;

/// A JSON body. An empty one counts as `{}`.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Http> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, http: &Http) -> Result<Json<T>, Refusal> {
        parse(&read_json(request, http.config.json_bytes, http).await?).map(Json)
    }
}

/// A JSON body, whatever it is called: where Gitea's description does not say what is sent, clients made from it call theirs plain text. What another site's page
/// may send so is refused before, as anything of other sites.
pub struct Unnamed<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Http> for Unnamed<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, http: &Http) -> Result<Unnamed<T>, Refusal> {
        parse(&read_body(request, http.config.json_bytes, http).await?).map(Unnamed)
    }
}

/// A JSON body, and what it says in fields that its type does not have.
pub struct Whole<T>(pub T, pub Others);

impl<T: DeserializeOwned + Serialize + Default> FromRequest<Http> for Whole<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, http: &Http) -> Result<Whole<T>, Refusal> {
        let bytes = read_json(request, http.config.json_bytes, http).await?;
        Ok(Whole(parse(&bytes)?, Others::new::<T>(parse(&bytes)?)))
    }
}

/// A JSON body with another bound on its bytes. `T` must bound what it makes of them: many short values take much more memory.
pub async fn read_large<T: DeserializeOwned + Send + 'static>(request: Request, most: usize, http: &Http) -> Result<T, Refusal> {
    let bytes = read_json(request, most, http).await?;
    match bytes.len() > http.config.json_bytes {
        true => blocking(move || parse(&bytes)).await?,
        false => parse(&bytes),
    }
}

/// Fields that clients of Gitea send and this server does not have.
#[derive(Debug, Default)]
pub struct Others(Map<String, Value>);

impl Others {
    fn new<T: Serialize + Default>(mut given: Map<String, Value>) -> Others {
        if let Ok(Value::Object(known)) = serde_json::to_value(T::default()) {
            given.retain(|name, _| !known.contains_key(name));
        }
        Others(given)
    }

    /// Names of the fields that ask for something. Clients send many with the value that means "no".
    pub fn asked(&self) -> impl Iterator<Item = &str> {
        let is_nothing = |value: &Value| match value {
            Value::Null | Value::Bool(false) => true,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty() || text.eq_ignore_ascii_case("default"),
            Value::Array(list) => list.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(true) => false,
        };
        self.0.iter().filter(move |(_, value)| !is_nothing(value)).map(|(name, _)| name.as_str())
    }

    /// Refuses the first that asks for something of these, by its name.
    pub fn refuse(&self, missing: &[(&str, &str)]) -> Result<(), Refusal> {
        let found = self.asked().find_map(|name| missing.iter().find(|(known, _)| *known == name));
        match found {
            Some((name, what)) => Err(Refusal::invalid((*name).to_owned(), format!("this server does not have {what} yet"))),
            None => Ok(()),
        }
    }
}

async fn read_json(request: Request, most: usize, http: &Http) -> Result<Bytes, Refusal> {
    let content_type = request.headers().get(CONTENT_TYPE).map(|v| v.to_str().unwrap_or_default().to_owned());
    let bytes = read_body(request, most, http).await?;
    if !bytes.is_empty() && !content_type.as_deref().is_none_or(is_json) {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json"));
    }
    Ok(bytes)
}

/// Reads a body of at most `most` bytes, no slower than the configuration says.
pub async fn read_body(request: Request, most: usize, http: &Http) -> Result<Bytes, Refusal> {
    let pace = Pace::of(&http.config);
    let turn = request.extensions().get::<Turn>().cloned();
    match turn.filter(|_| !request.body().is_end_stream()) {
        Some(turn) => turn.while_reading(collect(request, most, pace)).await,
        None => collect(request, most, pace).await,
    }
}

/// How slowly a body may come, or an answer be taken.
#[derive(Clone, Copy)]
pub struct Pace {
    grace: Duration,
    /// Bytes in a second.
    rate: u32,
}

impl Pace {
    /// What the operator set.
    pub fn of(config: &HttpConfig) -> Pace {
        Pace { grace: config.body_grace, rate: config.body_rate }
    }

    /// When the next piece must be there at the latest, after so many bytes.
    pub fn deadline(self, began: Instant, received: usize) -> Instant {
        let received = u32::try_from(received).unwrap_or(u32::MAX);
        began + self.grace + Duration::from_secs(1).saturating_mul(received) / self.rate.max(1)
    }
}

async fn collect(request: Request, most: usize, pace: Pace) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::too_large("the request's body", u64::try_from(most).unwrap_or(u64::MAX));
    let too_slow = |_| Refusal::new(StatusCode::REQUEST_TIMEOUT, "the request's body came too slowly");
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    let is_hopeless = declared.is_some_and(|n| usize::try_from(n).map_or(true, |n| n > most));
    let mut stream = Body::into_data_stream(request.into_body());
    let (mut bytes, mut drained) = (BytesMut::new(), 0);
    let mut is_over = is_hopeless;
    let began = Instant::now();
    while let Some(chunk) = timeout_at(pace.deadline(began, bytes.len() + drained), stream.next()).await.map_err(too_slow)? {
        let chunk = chunk.map_err(|_| Refusal::bad_request("the request's body ended early"))?;
        is_over = is_over || bytes.len() + chunk.len() > most;
        if is_over {
            drained += chunk.len();
            bytes.clear();
            if drained > DRAIN_BYTES {
                break;
            }
        } else {
            bytes.extend_from_slice(&chunk);
        }
    }
    if is_over { Err(too_large()) } else { Ok(bytes.freeze()) }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    if holds_nul(bytes) {
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "a text in the body holds the character U+0000"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            Category::Data if path == "." => Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, inner.to_string()),
            Category::Data => Refusal::invalid(path, inner),
            _ => Refusal::bad_request(format!("the body is not JSON: {inner}")),
        }
    })?;
    deserializer.end().map_err(|error| Refusal::bad_request(format!("the body is not JSON: {error}")))?;
    Ok(value)
}

/// Whether some text holds an escaped NUL, which PostgreSQL cannot store. (A bare one is no JSON.)
fn holds_nul(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(b"\\u0000") {
            return true;
        }
        at += if rest.starts_with(b"\\") { 2 } else { 1 };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use hardie_api_types::repo::CreateRepoOption;

    fn refused(body: &[u8]) -> (u16, String) {
        let refusal = parse::<CreateRepoOption>(body).unwrap_err();
        (refusal.status.as_u16(), refusal.message)
    }

    #[test]
    fn malformed_is_400_and_a_wrong_type_is_422_naming_the_field() {
        assert_eq!(refused(b"{").0, 400);
        assert_eq!(refused(b"{} {}").0, 400);
        assert_eq!(refused(b"\xff").0, 400);
        let (status, text) = refused(br#"{"name":"x","private":"yes"}"#);
        assert_eq!(status, 422);
        assert!(text.starts_with("private: "), "{text}");
        assert_eq!(parse::<CreateRepoOption>(br#"{"name":5}"#).unwrap_err().field.as_deref(), Some("name"));
        assert_eq!(refused(b"[1]").0, 422);
    }

    #[test]
    fn unknown_fields_are_ignored_and_an_empty_body_is_an_empty_object() {
        assert_eq!(parse::<CreateRepoOption>(br#"{"name":"x","trust_model":"default"}"#).unwrap().name, "x");
        assert_eq!(parse::<CreateRepoOption>(b"").unwrap(), CreateRepoOption::default());
    }

    #[test]
    fn of_the_fields_that_are_not_there_those_that_ask_for_something_are_refused_by_name() {
        let others = |body: &[u8]| Others::new::<CreateRepoOption>(parse(body).unwrap());
        let missing = [("template", "templates"), ("trust_model", "trust models")];
        for quiet in [&b"{\"name\":\"x\",\"template\":false,\"trust_model\":\"default\"}"[..], b"{\"template\":null,\"else\":7}"] {
            assert!(others(quiet).refuse(&missing).is_ok());
        }
        let refusal = others(b"{\"trust_model\":\"committer\",\"name\":\"x\"}").refuse(&missing).unwrap_err();
        assert_eq!((refusal.status.as_u16(), refusal.field.as_deref()), (422, Some("trust_model")));
    }

    #[test]
    fn deep_nesting_neither_overflows_nor_passes() {
        let deep = [b"{\"name\":".as_slice(), &vec![b'['; 500_000]].concat();
        assert!(matches!(refused(&deep).0, 400 | 422));
        let ignored = [b"{\"unknown\":".as_slice(), &vec![b'['; 500_000]].concat();
        assert_eq!(refused(&ignored).0, 400);
        assert!(parse::<serde_json::Value>(&vec![b'['; 500_000]).is_err());
    }

    #[test]
    fn a_nul_in_a_text_is_refused_but_not_an_escaped_backslash() {
        assert_eq!(refused(br#"{"description":"a\u0000b"}"#).0, 422);
        assert!(parse::<CreateRepoOption>(br#"{"description":"a\\u0000b"}"#).is_ok());
    }

    #[tokio::test]
    async fn a_body_over_the_bound_is_refused_with_the_bound_in_the_text() {
        let request = |n: usize| Request::new(Body::from(vec![b' '; n]));
        assert_eq!(collect(request(100), 100, PACE).await.unwrap().len(), 100);
        let refusal = collect(request(101), 100, PACE).await.unwrap_err();
        assert_eq!(refusal.status.as_u16(), 413);
        assert!(refusal.message.contains("100 bytes"), "{}", refusal.message);
    }

    const PACE: Pace = Pace { grace: Duration::from_secs(5), rate: 1000 };

    /// Time does not pass here but by waiting, and then at once.
    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_given_up_and_one_that_keeps_the_pace_is_read() {
        let trickle = |piece: &'static [u8], every: u64| {
            let pieces = futures_util::stream::unfold(0, move |n| async move {
                tokio::time::sleep(Duration::from_secs(every)).await;
                (n < 60).then_some((Ok::<_, std::convert::Infallible>(piece), n + 1))
            });
            Request::new(Body::from_stream(pieces))
        };
        assert_eq!(collect(trickle(&[b' '; 1000], 1), 100_000, PACE).await.unwrap().len(), 60_000);
        for (piece, every) in [(&b" "[..], 1), (&[b' '; 1000], 2), (b" ", 3600)] {
            let began = Instant::now();
            let refusal = collect(trickle(piece, every), 100_000, PACE).await.unwrap_err();
            assert_eq!(refusal.status, StatusCode::REQUEST_TIMEOUT);
            assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
        }
    }
}
