//! When to stop: SIGTERM from a supervisor, SIGINT from a terminal.

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};

/// Resolves at the first of the two signals. They are caught from this call on, not from the first poll.
pub fn requested() -> anyhow::Result<impl Future<Output = ()>> {
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}
