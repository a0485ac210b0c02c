//! A web request made of plain values.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::caller::Caller;
use crate::error::Error;
use crate::http;
use crate::mock::{MockPush, MockRequest};
use crate::mock_event::{WORLD, World};
use crate::push::PushSource;
use crate::repository::RepositorySource;
use crate::web::{Request, RequestSource, Response, Web};

/// A web request and the world that it comes into.
#[derive(Clone, Debug)]
pub struct MockWeb {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    repository: Option<MockPush>,
    world: World,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What the plugin returned.
    pub result: Result<Response, Error>,
    /// The requests that it sent, in order.
    pub requests: Vec<MockRequest>,
    /// What is kept afterwards. What was there before, if it failed.
    pub state: BTreeMap<String, Vec<u8>>,
}

impl Answered {
    /// The status of the answer; 0 if it failed.
    pub fn status(&self) -> u16 {
        self.result.as_ref().map_or(0, |response| response.status)
    }

    /// The body of the answer, or why it failed.
    pub fn text(&self) -> String {
        match &self.result {
            Ok(response) => String::from_utf8_lossy(&response.body).into_owned(),
            Err(error) => error.to_string(),
        }
    }
}

impl MockWeb {
    /// A request of any method; the address may have a query.
    pub fn new(method: &str, address: &str) -> MockWeb {
        let (path, query) = address.split_once('?').map_or((address, None), |(path, query)| (path, Some(query.to_owned())));
        let (headers, body) = (Vec::new(), Vec::new());
        MockWeb { method: method.to_owned(), path: path.to_owned(), query, headers, body, repository: None, world: World::new() }
    }

    /// A `GET`.
    pub fn get(address: &str) -> MockWeb {
        MockWeb::new("GET", address)
    }

    /// A `POST`.
    pub fn post(address: &str) -> MockWeb {
        MockWeb::new("POST", address)
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> MockWeb {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// With a body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> MockWeb {
        self.body = body.into();
        self
    }

    /// Sent by a user; nobody has signed in otherwise.
    #[must_use]
    pub fn caller(mut self, name: &str, role: &str) -> MockWeb {
        self.world.caller = Some(Caller { name: name.to_owned(), role: role.to_owned() });
        self
    }

    /// To a plugin that is installed for this repository.
    #[must_use]
    pub fn in_repository(mut self, push: MockPush) -> MockWeb {
        self.repository = Some(push);
        self
    }

    /// With something kept from before.
    #[must_use]
    pub fn state(mut self, key: &str, value: impl Into<Vec<u8>>) -> MockWeb {
        self.world.state.insert(key.to_owned(), value.into());
        self
    }

    /// At this time, in milliseconds.
    #[must_use]
    pub fn now(mut self, now: i64) -> MockWeb {
        self.world.now = now;
        self
    }

    /// Answers the next request that the plugin sends like this. One without an answer fails.
    #[must_use]
    pub fn answer(mut self, status: u16, body: impl Into<Vec<u8>>) -> MockWeb {
        self.world.answers.push_back(Ok(http::Response { status, headers: Vec::new(), body: body.into() }));
        self
    }

    /// Has it answered.
    pub fn handle<W: Web>(&self, config: &W::Config) -> Answered {
        let is_safe = matches!(self.method.as_str(), "GET" | "HEAD");
        WORLD.set(World { writes: !is_safe, ..self.world.clone() });
        let result = W::handle(config, &Request::new(self));
        let World { state, requests, .. } = WORLD.replace(World::new());
        let state = if result.is_ok() { state } else { self.world.state.clone() };
        Answered { result, requests, state }
    }
}

impl RequestSource for MockWeb {
    fn method(&self) -> String {
        self.method.clone()
    }

    fn path(&self) -> String {
        self.path.clone()
    }

    fn query(&self) -> Option<String> {
        self.query.clone()
    }

    fn base_path(&self) -> String {
        "/plugins/1".to_owned()
    }

    fn headers(&self) -> Vec<(String, String)> {
        self.headers.clone()
    }

    fn body(&self) -> Vec<u8> {
        self.body.clone()
    }

    fn repository_path(&self) -> String {
        self.repository.as_ref().map(PushSource::repository_path).unwrap_or_default()
    }

    fn repository(&self) -> Option<Rc<dyn RepositorySource + '_>> {
        let repository = self.repository.clone()?;
        Some(Rc::new(repository))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{caller, state};

    struct Notes;

    impl Web for Notes {
        type Config = ();

        fn handle(_: &(), request: &Request<'_>) -> Result<Response, Error> {
            let Some(caller) = caller::get() else { return Ok(Response::text(401, "sign in")) };
            state::set(&caller.name, request.body())?;
            let head = request.repository().map(|repository| repository.commit(&crate::Oid::from_bytes([0; 20])).is_err());
            match request.header("X-Plugin-Fail") {
                Some(why) => Err(Error::new(why)),
                None => Ok(Response::text(201, format!("{} {:?} {head:?}", caller.role, request.query()))),
            }
        }
    }

    #[test]
    fn what_a_plugin_answered_and_kept_can_be_looked_at() {
        let request = MockWeb::post("/notes?a=b").body("text").caller("ann", "write");
        let answered = request.handle::<Notes>(&());
        assert_eq!((answered.status(), answered.text().as_str()), (201, "write Some(\"a=b\") None"));
        assert_eq!(answered.state["ann"], b"text");
        let failed = request.clone().header("x-plugin-fail", "no").handle::<Notes>(&());
        assert_eq!((failed.status(), failed.text().as_str(), failed.state.len()), (0, "no", 0));
        assert_eq!(MockWeb::post("/").handle::<Notes>(&()).status(), 401, "nobody is somebody by chance");
        let inside = request.in_repository(MockPush::new().commit("One")).handle::<Notes>(&());
        assert!(inside.text().ends_with("Some(true)"), "{}", inside.text());
    }

    #[test]
    fn a_get_writes_nothing() {
        let answered = MockWeb::get("/").caller("ann", "admin").state("ann", "before").handle::<Notes>(&());
        assert_eq!(answered.result.unwrap_err().code(), "denied");
        assert_eq!(answered.state["ann"], b"before");
    }
}
