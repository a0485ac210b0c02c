//! CPU time, mostly of the whole machine (proc_stat(5)): the one count that also has processes which nobody waits for, such as those that
//! fcgiwrap starts. Whatever else runs is counted too, so nothing else should.

use std::time::Duration;

use crate::processes;

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
    busy().saturating_sub(of_process(std::process::id(), 2))
}

/// Of a process, its children and whom they waited for, so far.
pub fn of_tree(root: u32) -> Duration {
    processes::tree(root).into_iter().map(|id| of_process(id, 4)).sum()
}

/// The first so many of utime, stime, cutime and cstime (proc_pid_stat(5)).
fn of_process(id: u32, fields: usize) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // They are behind the name, which may hold anything.
    let values = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    let ticks: u64 = values.take(fields).filter_map(|field| field.parse::<u64>().ok()).sum();
    TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    #[test]
    fn work_is_counted() {
        let (before, started) = (super::busy(), std::time::Instant::now());
        let own = super::of_tree(std::process::id());
        while super::busy() < before + super::TICK * 3 || super::of_tree(std::process::id()) < own + super::TICK * 3 {
            assert!(started.elapsed().as_secs() < 20, "no time is counted");
        }
    }
}
