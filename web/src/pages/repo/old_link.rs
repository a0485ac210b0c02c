//! Links as Gitea writes them, where the slashes of a branch's name are those of the address.

use crate::api::{Failure, code};
use crate::nav::Nav;
use crate::routes::{At, RepoAddress};

/// Hands an answer on. Before it says that there is nothing, the address is tried as an older one; the page then goes to what
/// that means, and this answer is no longer shown.
pub async fn or_follow<T>(
    answer: Result<T, Failure>,
    nav: Nav,
    address: &RepoAddress,
    at: Option<&At>,
    path: &str,
    link: impl Fn(&At, &str) -> String,
) -> Result<T, Failure> {
    if let (Err(failure), Some(at)) = (&answer, at)
        && failure.is_not_found()
        && let Some((at, path)) = code::longer_ref(address, at, path).await
    {
        nav.replace(&link(&at, &path));
    }
    answer
}
