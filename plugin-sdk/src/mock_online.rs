//! A push that a policy asks others about, with what they answer.

use crate::error::Error;
use crate::http::Response;
use crate::mock::{MockPush, MockRequest};
use crate::policy::Policy;
use crate::push::Push;
use crate::repository::Repository;
use crate::verdicts::Verdicts;

/// What a policy answered, and what it asked.
///
/// ```
/// use hardie_plugin::mock::MockPush;
/// # use hardie_plugin::{Error, Policy, Push, Repository, Verdicts, http::Request, reject};
/// # struct Freeze;
/// # impl Policy for Freeze {
/// #     type Config = ();
/// #     fn check(_: &(), push: &Push<'_>, _: &Repository<'_>) -> Result<Verdicts, Error> {
/// #         let mut verdicts = Verdicts::accept(push);
/// #         if Request::get("https://freeze.example/now").send()?.text() == "frozen" {
/// #             for update in push.updates() {
/// #                 reject!(verdicts, update, "frozen", "nothing is released today");
/// #             }
/// #         }
/// #         Ok(verdicts)
/// #     }
/// # }
/// let asked = MockPush::new().commit("Sharpen the chisel").answer(200, "frozen").ask::<Freeze>(&());
/// assert_eq!(asked.result.unwrap().code(0), Some("frozen"));
/// assert_eq!(asked.requests[0].url, "https://freeze.example/now");
/// ```
#[derive(Debug)]
pub struct Asked {
    /// What it returned.
    pub result: Result<Verdicts, Error>,
    /// The requests that it sent, in order.
    pub requests: Vec<MockRequest>,
}

impl MockPush {
    /// Answers the next request of a policy like this. A request without an answer fails.
    #[must_use]
    pub fn answer(self, status: u16, body: impl Into<Vec<u8>>) -> MockPush {
        self.answer_with(Ok(Response { status, headers: Vec::new(), body: body.into() }))
    }

    /// Answers the next request with headers, or with an error.
    #[must_use]
    pub fn answer_with(mut self, answer: Result<Response, Error>) -> MockPush {
        self.world.answers.push_back(answer);
        self
    }

    /// At this time, in milliseconds.
    #[must_use]
    pub fn now(mut self, now: i64) -> MockPush {
        self.world.now = now;
        self
    }

    /// Has it judged by a policy that asks others.
    pub fn ask<P: Policy>(&self, config: &P::Config) -> Asked {
        let (result, world) = self.world.run(|| P::check(config, &Push(self), &Repository(self)));
        Asked { result, requests: world.requests }
    }
}
