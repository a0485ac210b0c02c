//! An answer on its way to its client, which has so long to take all of it: a reader who takes a byte a minute is never stalled, and would hold
//! the places of others for days.

use std::io;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::unfold;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::{Instant, timeout_at};

use crate::raw::PIECE;
use crate::serve::Cut;

/// A body. `held` is dropped when the last piece was taken, when nobody takes them any more, or at the deadline; then the connection is cut, if
/// the answer has one for itself.
pub fn timed_body<H: Send + 'static>(bytes: Bytes, held: H, deadline: Instant, cut: Option<Cut>) -> Body {
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        let was_in_time = timeout_at(deadline, feed(bytes, &sender)).await.is_ok();
        drop(held);
        if !was_in_time {
            cut.iter().for_each(Cut::cut);
            // An end without this would look like the answer's own.
            let _gone = sender.send(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes this too slowly"))).await;
        }
    });
    Body::from_stream(unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|piece| (piece, receiver)) }))
}

/// Ends when the last piece was taken, or the client has gone.
async fn feed(mut left: Bytes, sender: &Sender<io::Result<Bytes>>) {
    while !left.is_empty() {
        // A copy: a part of the whole would keep all of it in memory.
        let piece = Bytes::copy_from_slice(&left.split_to(left.len().min(PIECE)));
        if sender.send(Ok(piece)).await.is_err() {
            return;
        }
    }
    let _taken = sender.reserve().await;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::StreamExt as _;
    use tokio::sync::oneshot;
    use tokio::time::sleep;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    /// An answer of four pieces, and what tells that nothing is held for it any more.
    fn answer(cut: &Cut) -> (Body, oneshot::Receiver<()>) {
        let (held, gone) = oneshot::channel::<()>();
        (timed_body(vec![b'x'; 4 * PIECE].into(), held, Instant::now() + LIMIT, Some(cut.clone())), gone)
    }

    fn is_held(gone: &mut oneshot::Receiver<()>) -> bool {
        matches!(gone.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }

    /// Time does not pass here but by waiting, and then at once.
    #[tokio::test(start_paused = true)]
    async fn an_answer_holds_its_place_until_it_was_taken_or_its_client_has_gone() {
        let cut = Cut::default();
        let (body, mut gone) = answer(&cut);
        let (mut pieces, mut taken) = (body.into_data_stream(), 0);
        for _ in 0..4 {
            sleep(LIMIT / 5).await;
            assert!(is_held(&mut gone), "until the last piece was taken");
            taken += pieces.next().await.unwrap().unwrap().len();
        }
        assert!(pieces.next().await.is_none() && gone.await.is_err());
        assert_eq!(taken, 4 * PIECE);
        let (body, gone) = answer(&cut);
        let began = Instant::now();
        drop(body);
        assert!(gone.await.is_err() && began.elapsed() == Duration::ZERO);
        assert!(!cut.is_cut());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_who_trickles_holds_a_place_no_longer_than_the_deadline_and_is_cut_off() {
        for taken in 0..4 {
            let cut = Cut::default();
            let (body, gone) = answer(&cut);
            let began = Instant::now();
            let mut pieces = body.into_data_stream();
            for _ in 0..taken {
                sleep(Duration::from_secs(1)).await;
                pieces.next().await.unwrap().unwrap();
            }
            assert!(gone.await.is_err());
            assert_eq!(began.elapsed(), LIMIT);
            let rest: Vec<_> = pieces.collect().await;
            assert!(rest.last().unwrap().is_err() && cut.is_cut(), "it does not look whole");
        }
    }
}
