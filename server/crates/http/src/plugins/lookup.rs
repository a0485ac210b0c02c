//! Finding out who asks a plugin, and whether it answers them: proofs and queries, which a flood must not set off as fast as it comes.

use std::net::IpAddr;
use std::time::Duration;

use hardie_app::Error;
use hardie_app::shares::Places;
use tokio::time::timeout;

use crate::error::{Answer, Refusal};
use crate::layers::too_many;

/// Looks something up, in a place that is held for that alone, and not for ever. Without a place nothing of it begins.
pub async fn look_up<T>(places: &Places, client: Option<IpAddr>, limit: Duration, lookup: impl Future<Output = Answer<T>>) -> Answer<T> {
    let _place = places.enter(client).map_err(|full| too_many(full, "new requests to plugins"))?;
    let late = || Refusal::from(Error::Unavailable(format!("it was not known within {} seconds who may ask this", limit.as_secs())));
    timeout(limit, lookup).await.unwrap_or_else(|_| Err(late()))
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt as _;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn no_more_is_looked_up_at_once_than_there_are_places_and_nothing_for_ever() {
        let (places, begun) = (Places::new(3, 2), AtomicUsize::new(0));
        let client = |last| Some(IpAddr::from([192, 0, 2, last]));
        let stuck = |of| {
            look_up(&places, client(of), LIMIT, async {
                begun.fetch_add(1, Ordering::SeqCst);
                pending::<Answer<()>>().await
            })
        };
        let mut held: Vec<_> = [1, 1, 2].map(stuck).into_iter().map(Box::pin).collect();
        assert!(held.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        for of in [1, 2, 3] {
            let refused = stuck(of).now_or_never().expect("at once").unwrap_err();
            assert_eq!((refused.status.as_u16(), refused.retry_after), (503, Some(2)), "{}", refused.message);
        }
        assert_eq!(begun.load(Ordering::SeqCst), 3, "what has no place does not begin");
        assert_eq!(held.pop().unwrap().await.unwrap_err().status.as_u16(), 503, "it took too long");
        assert_eq!(look_up(&places, client(3), LIMIT, async { Ok(7) }).await.unwrap(), 7);
        assert_eq!(look_up(&places, client(3), LIMIT, async { Ok(8) }).await.unwrap(), 8, "a place is free when the look-up is over");
    }
}
