//! CPU time of the whole machine (proc_stat(5)): the one count that also has processes which nobody waits for, such as those that
//! fcgiwrap starts. Whatever else runs is counted too, so nothing else should.

use std::time::Duration;

/// The kernel counts in hundredths of a second, whatever its own clock.
const TICK: Duration = Duration::from_millis(10);

/// Time in which a core was busy, so far.
pub fn busy() -> Duration {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<u64> =
        stat.lines().next().unwrap_or_default().split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
    // user, nice, system, (idle, iowait,) irq, softirq.
    let ticks: u64 = [0, 1, 2, 5, 6].into_iter().filter_map(|at: usize| fields.get(at)).sum();
    TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
}

/// Time in which a core was busy with anything but this process, so far.
pub fn others() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which may hold anything: utime and stime (proc_pid_stat(5)).
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    busy().saturating_sub(TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn work_is_counted() {
        let (before, started) = (super::busy(), std::time::Instant::now());
        while super::busy() < before + super::TICK * 3 {
            assert!(started.elapsed().as_secs() < 20, "no time is counted");
        }
    }
}
