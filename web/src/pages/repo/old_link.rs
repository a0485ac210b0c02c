//! Links as Gitea writes them, where the slashes of a branch's name are those of the address.

use std::pin::Pin;

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
    {
        follow(nav, address, at, path, &link).await;
    }
    answer
}

/// Apart from what is generic: every page would have it once more in the bundle.
fn follow<'a>(
    nav: Nav,
    address: &'a RepoAddress,
    at: &'a At,
    path: &'a str,
    link: &'a dyn Fn(&At, &str) -> String,
) -> Pin<Box<dyn Future<Output = ()> + 'a>> {
    Box::pin(async move {
        if let Some((at, path)) = code::longer_ref(address, at, path).await {
            nav.replace(&link(&at, &path));
        }
    })
}
