//! Use cases called as the doors call them: the rules that hold whichever door somebody comes through.

mod access;
mod accounts;
mod browse;
pub mod factor;
mod identity;
mod passkeys;
mod plugins;
mod push;
mod repos;
mod throttle;

use hardie_app::{Ctx, Error};
use hardie_domain::names::RepoPath;
use hardie_domain::push::Door;
use hardie_testkit::server::people;
use hardie_testkit::{FakeClock, Options, TestServer, TestUser};

/// A server whose clock the test moves.
async fn with_clock() -> (TestServer, FakeClock) {
    let clock = FakeClock::default();
    let mut options = Options::default();
    options.ports.clock = std::sync::Arc::new(clock.clone());
    (TestServer::start_with(options).await.unwrap(), clock)
}

/// Somebody signed in by a token with all scopes.
async fn ctx(server: &TestServer, user: &TestUser) -> Ctx {
    people::signed_in(&server.server.app, &user.token).await.unwrap()
}

/// Somebody signed in by a new token with these scopes.
async fn scoped(server: &TestServer, user: &TestUser, scopes: &[&str]) -> Ctx {
    let new = hardie_app::identity::NewToken {
        user: user.name.clone(),
        name: scopes.join(" "),
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        expires_at: None,
        narrowing: Default::default(),
    };
    let created = hardie_app::identity::create_token(&server.server.app, &Ctx::system(), new).await.unwrap();
    people::signed_in(&server.server.app, created.token.expose()).await.unwrap()
}

/// A request that proved nobody.
fn nobody() -> Ctx {
    Ctx { actor: None, door: Door::Api, address: Some([192, 0, 2, 7].into()), request_id: "test".to_owned() }
}

fn path(text: &str) -> RepoPath {
    RepoPath::parse(text).unwrap()
}

/// The kind of an error, for a test's expectation.
fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    match result.unwrap_err() {
        Error::Unauthenticated(_) => "unauthenticated",
        Error::SecondFactor(_) => "second factor",
        Error::Forbidden(_) => "forbidden",
        Error::NotFound(_) => "not found",
        Error::Gone(_) => "gone",
        Error::Invalid(_) => "invalid",
        Error::Conflict(_) => "conflict",
        Error::Quota(_) => "quota",
        Error::Rejected { .. } => "rejected",
        Error::RateLimited { .. } => "rate limited",
        Error::Full(_) => "disk full",
        Error::Unavailable(_) => "unavailable",
        Error::Moved(_) => "moved",
        Error::Internal(_) => "internal",
    }
}
