//! Sending requests one after the other, for a bounded time.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::http::{Connection, Request, Response};

/// No load sends more.
const MOST: usize = 500_000;

/// What a load did.
#[derive(Clone, Debug)]
pub struct Load {
    /// Answers.
    pub count: usize,
    /// First request to last answer.
    pub elapsed: Duration,
    /// Sorted.
    pub latencies: Vec<Duration>,
}

impl Load {
    /// Answers in a second.
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Half of the answers came in less.
    pub fn median(&self) -> Duration {
        quantile(&self.latencies, 50)
    }
}

/// The value below which `percent` of the sorted values lie; zero of none.
pub fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

/// Sends on every connection until the time is up, each request in its turn and then from the first again. Every answer must
/// satisfy `good`.
pub fn run(
    host: SocketAddr,
    requests: &[Request],
    connections: usize,
    time: Duration,
    good: impl Fn(&Response) -> bool + Sync,
) -> anyhow::Result<Load> {
    // One answer before the clock starts: caches are warm on both sides, and a mistake is seen at once.
    let first = Connection::to(host).send(requests.last().context("nothing to send")?)?;
    let turn = AtomicUsize::new(0);
    let next = || requests.get(turn.fetch_add(1, Ordering::Relaxed) % requests.len().max(1));
    ensure!(good(&first), "not the expected answer (status {}): {}", first.status, first.start());
    let started = Instant::now();
    let results: Vec<anyhow::Result<Vec<Duration>>> = std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..connections).map(|_| scope.spawn(|| send(host, &next, started + time, MOST / connections.max(1), &good))).collect();
        senders.into_iter().map(|sender| sender.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a sender panicked")))).collect()
    });
    let elapsed = started.elapsed();
    let mut latencies: Vec<Duration> = results.into_iter().collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect();
    latencies.sort();
    Ok(Load { count: latencies.len(), elapsed, latencies })
}

fn send<'a>(
    host: SocketAddr,
    next: &impl Fn() -> Option<&'a Request>,
    until: Instant,
    most: usize,
    good: &impl Fn(&Response) -> bool,
) -> anyhow::Result<Vec<Duration>> {
    let mut connection = Connection::to(host);
    let mut latencies = Vec::new();
    while Instant::now() < until && latencies.len() < most {
        let Some(request) = next() else { break };
        let sent = Instant::now();
        let response = connection.send(request).context("under load")?;
        latencies.push(sent.elapsed());
        ensure!(good(&response), "not the expected answer under load (status {}): {}", response.status, response.start());
    }
    Ok(latencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_few_values() {
        let values: Vec<Duration> = (1..=4).map(Duration::from_millis).collect();
        assert_eq!(quantile(&values, 50), Duration::from_millis(3));
        assert_eq!(quantile(&values, 99), Duration::from_millis(4));
        assert_eq!(quantile(&[], 50), Duration::ZERO);
    }
}
