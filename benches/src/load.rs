//! Sending requests one after the other, for a bounded time.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use crate::cpu;
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
    /// Of all processes but this one.
    pub cpu: Duration,
    /// Sorted.
    pub latencies: Vec<Duration>,
}

impl Load {
    /// Answers in a second.
    pub fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// CPU of one answer.
    pub fn cpu_each(&self) -> Duration {
        self.cpu / u32::try_from(self.count.max(1)).unwrap_or(u32::MAX)
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
    ensure!(good(&first), "not the expected answer (status {}): {}", first.status, first.start());
    many(connections, time, || {
        let (mut connection, good) = (Connection::to(host), &good);
        move |turn| {
            let request = requests.get(turn % requests.len().max(1)).context("nothing to send")?;
            let response = connection.send(request).context("under load")?;
            ensure!(good(&response), "not the expected answer under load (status {}): {}", response.status, response.start());
            Ok(())
        }
    })
}

/// Works in so many threads until the time is up. Each makes its worker, who is told which turn it is, counted over all.
pub fn many<W: FnMut(usize) -> anyhow::Result<()>>(threads: usize, time: Duration, worker: impl Fn() -> W + Sync) -> anyhow::Result<Load> {
    let turn = AtomicUsize::new(0);
    let (before, started) = (cpu::others(), Instant::now());
    let results: Vec<anyhow::Result<Vec<Duration>>> = std::thread::scope(|scope| {
        let work = || {
            let (mut work, mut latencies) = (worker(), Vec::new());
            while started.elapsed() < time && latencies.len() < MOST / threads.max(1) {
                let sent = Instant::now();
                work(turn.fetch_add(1, Ordering::Relaxed))?;
                latencies.push(sent.elapsed());
            }
            Ok(latencies)
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a sender panicked")))).collect()
    });
    let (elapsed, cpu) = (started.elapsed(), cpu::others().saturating_sub(before));
    let mut latencies: Vec<Duration> = results.into_iter().collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect();
    latencies.sort();
    Ok(Load { count: latencies.len(), elapsed, cpu, latencies })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_counted_over_all_threads() {
        let seen = std::sync::Mutex::new(Vec::new());
        let load = many(3, Duration::from_secs(60), || {
            |turn| {
                seen.lock().unwrap().push(turn);
                ensure!(turn < 50, "enough");
                Ok(())
            }
        });
        assert!(load.unwrap_err().to_string().contains("enough"));
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert!(seen.iter().copied().eq(0..53), "{seen:?}");
    }

    #[test]
    fn quantiles_of_few_values() {
        let values: Vec<Duration> = (1..=4).map(Duration::from_millis).collect();
        assert_eq!(quantile(&values, 50), Duration::from_millis(3));
        assert_eq!(quantile(&values, 99), Duration::from_millis(4));
        assert_eq!(quantile(&[], 50), Duration::ZERO);
    }
}
