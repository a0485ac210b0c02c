//! Answers over HTTP/2, where a client can take nothing of one answer and keep the connection alive: the answer is given up, and
//! with it what it holds. Over HTTP/1 the whole connection stalls, which [`super::patience`] sees.

use std::io;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use hyper::body::Body as _;
use tokio::sync::mpsc::{Sender, channel};
use tokio::time::timeout;

/// Bytes of a piece. Answers that fit one go as they are: HTTP/2's first window takes them.
const PIECE: usize = 32 << 10;

/// The same answer, for whose every piece the client has so long.
pub fn paced(response: Response, stall: Duration) -> Response {
    if response.body().size_hint().upper().is_some_and(|size| size <= PIECE as u64) {
        return response;
    }
    // Its length, where it was known, is in the header by now.
    response.map(|body| {
        let (sender, receiver) = channel(1);
        tokio::spawn(feed(body.into_data_stream(), sender, stall));
        Body::from_stream(unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|piece| (piece, receiver)) }))
    })
}

async fn feed(mut body: BodyDataStream, sender: Sender<Result<Bytes, axum::Error>>, stall: Duration) {
    loop {
        let next = tokio::select! {
            next = body.next() => next,
            // A client that has gone waits for nothing: the work for it ends with the body.
            () = sender.closed() => return,
        };
        let mut piece = match next {
            None => return,
            Some(Ok(piece)) => piece,
            Some(Err(error)) => {
                let _gone = sender.send(Err(error)).await;
                return;
            }
        };
        while !piece.is_empty() {
            // A copy: a part of the whole would keep all of it in memory.
            let part = Bytes::copy_from_slice(&piece.split_to(piece.len().min(PIECE)));
            match timeout(stall, sender.send(Ok(part))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) => {
                    drop((body, piece));
                    // An end without this would look like the answer's own.
                    let cut = io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing");
                    let _gone = sender.send(Err(axum::Error::new(cut))).await;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tokio::time::Instant;

    use super::*;

    const STALL: Duration = Duration::from_secs(60);

    /// An answer of so many bytes in one piece, and what tells that it is not held any more.
    fn answer(bytes: usize) -> (Response, oneshot::Receiver<()>) {
        let (held, gone) = oneshot::channel::<()>();
        let once = unfold(Some((bytes, held)), |state| async move {
            let (bytes, held) = state?;
            match bytes {
                0 => None,
                _ => Some((Ok::<_, io::Error>(vec![b'x'; bytes]), Some((0, held)))),
            }
        });
        (paced(Response::new(Body::from_stream(once)), STALL), gone)
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_nobody_takes_is_let_go_and_does_not_look_whole() {
        let (response, gone) = answer(1 << 20);
        let began = Instant::now();
        assert!(gone.await.is_err());
        assert_eq!(began.elapsed(), STALL);
        let pieces: Vec<_> = response.into_body().into_data_stream().collect().await;
        assert!(pieces.last().unwrap().is_err() && pieces.len() < 4, "{}", pieces.len());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_gets_all_of_it_and_one_that_leaves_ends_it() {
        let (response, _gone) = answer(1 << 20);
        let mut pieces = response.into_body().into_data_stream();
        let mut all = 0;
        while let Some(piece) = pieces.next().await {
            all += piece.unwrap().len();
            tokio::time::sleep(STALL / 2).await;
        }
        assert_eq!(all, 1 << 20);
        let (response, gone) = answer(1 << 20);
        drop(response);
        let began = Instant::now();
        assert!(gone.await.is_err());
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
