//! CPU time of a process, of its children, and of those that have ended (proc_pid_stat(5)).

use std::time::Duration;

use crate::processes;

/// The kernel counts in hundredths of a second, whatever its own clock.
const TICK: Duration = Duration::from_millis(10);

/// So far. Children count from when they are waited for, or while they run.
pub fn of_tree(root: u32) -> Duration {
    let ticks: u64 = processes::tree(root).into_iter().map(of_one).sum();
    TICK * u32::try_from(ticks).unwrap_or(u32::MAX)
}

fn of_one(id: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The second field is a name in parentheses, which may hold anything.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    // utime, stime, cutime, cstime: the 14th to the 17th field.
    fields.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn work_is_counted() {
        let before = super::of_tree(std::process::id());
        let started = std::time::Instant::now();
        while super::of_tree(std::process::id()) < before + super::TICK * 3 {
            assert!(started.elapsed().as_secs() < 20, "no time is counted");
        }
    }
}
