//! Hashing and checking of passwords: argon2id, off the runtime, bounded in number.
//!
//! One run needs 19 MiB, so the bound is the process's, not one server's: whoever floods the sign-in page must not be able to
//! fill the memory or to keep everybody else's requests from the processors.

use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use hardie_domain::secret::Secret;
use tokio::sync::Semaphore;

use crate::{App, Error, Result};

// OWASP's password storage cheat sheet, second choice of equal strength: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

const RUNS_AT_ONCE: usize = 4;
const LONGEST_QUEUE: usize = 64;
static RUNS: Semaphore = Semaphore::const_new(RUNS_AT_ONCE);
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// The right to one run of argon2.
pub(super) struct Run(tokio::sync::SemaphorePermit<'static>);

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// The password is the one that was stored.
    pub matches: bool,
    /// It was stored with other parameters than today's and should be hashed again.
    pub outdated: bool,
}

/// Waits for a turn; refuses at once when too many wait already.
pub(super) async fn turn() -> Result<Run> {
    let queued = Queued::enter().ok_or_else(|| Error::RateLimited {
        text: "too many passwords are being checked at this moment; try again in a few seconds".to_owned(),
        retry_after: 5,
    })?;
    let permit = RUNS.acquire().await.map_err(Error::internal)?;
    drop(queued);
    Ok(Run(permit))
}

/// One who waits; counted until dropped, so that a request that is given up leaves the queue.
struct Queued;

impl Queued {
    fn enter() -> Option<Queued> {
        let entered = WAITING.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n < LONGEST_QUEUE).then_some(n + 1));
        entered.ok().map(|_| Queued)
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Hashes a new password into a PHC string.
pub(crate) async fn hash(app: &App, password: &Secret) -> Result<String> {
    let run = turn().await?;
    hash_in(run, app, password).await
}

/// As [`hash`], within a turn that is already held.
pub(super) async fn hash_in(run: Run, app: &App, password: &Secret) -> Result<String> {
    let mut salt = [0u8; 16];
    app.entropy.fill(&mut salt);
    let password = password.clone();
    in_background(run, move || {
        let salt = SaltString::encode_b64(&salt).map_err(|e| Error::internal(e.to_string()))?;
        let hash = argon2id()?.hash_password(password.expose().as_bytes(), &salt).map_err(|e| Error::internal(e.to_string()))?;
        Ok(hash.to_string())
    })
    .await
}

/// Compares with a stored PHC string. Without one (no such user, or no password) it does the same work and says no.
pub(super) async fn check(run: Run, password: &Secret, stored: Option<String>) -> Result<(Run, Checked)> {
    let password = password.clone();
    let Run(permit) = run;
    in_background_keeping(permit, move || {
        let known = stored.is_some();
        let text = stored.unwrap_or_else(nobodys_hash);
        let parsed = PasswordHash::new(&text).map_err(|e| Error::internal(format!("a stored password hash is damaged: {e}")))?;
        let matches = argon2id()?.verify_password(password.expose().as_bytes(), &parsed).is_ok() && known;
        let outdated = parsed.algorithm != Algorithm::Argon2id.ident() || Params::try_from(&parsed).ok().is_none_or(|p| !is_current(&p));
        Ok(Checked { matches, outdated: matches && outdated })
    })
    .await
}

/// A hash that no password has, with today's parameters.
fn nobodys_hash() -> String {
    let (salt, hash) = ("aGFyZGllLW5vYm9keSEhIQ", "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

fn is_current(params: &Params) -> bool {
    (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
}

fn argon2id() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| Error::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn in_background<T: Send + 'static>(Run(permit): Run, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    in_background_keeping(permit, work).await.map(|(_, done)| done)
}

/// The permit travels with the work: a request that is given up leaves its run counted until the run ends.
async fn in_background_keeping<T: Send + 'static>(
    permit: tokio::sync::SemaphorePermit<'static>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<(Run, T)> {
    let (permit, done) = tokio::task::spawn_blocking(move || (permit, work())).await.map_err(Error::internal)?;
    Ok((Run(permit), done?))
}
