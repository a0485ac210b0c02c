//! Memory of a process and its children: what cannot be given back, RssAnon and RssShmem of proc_pid_status(5).

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::processes;

/// In bytes.
pub fn of_tree(root: u32) -> u64 {
    processes::tree(root).into_iter().map(of_one).sum()
}

/// The most that a process and its children held while `work` ran, looked at twenty times a second; and what the work gave.
pub fn peak<T>(root: u32, work: impl FnOnce() -> T) -> (u64, T) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut most = 0;
            while !done.load(Ordering::Relaxed) {
                most = of_tree(root).max(most);
                std::thread::park_timeout(Duration::from_millis(50));
            }
            most
        });
        let given = work();
        done.store(true, Ordering::Relaxed);
        looking.thread().unpark();
        (looking.join().unwrap_or_default(), given)
    })
}

fn of_one(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let kibibytes = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    };
    (kibibytes("RssAnon:") + kibibytes("RssShmem:")) * 1024
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_process_holds_something() {
        assert!(super::of_tree(std::process::id()) > 100 << 10);
        assert_eq!(super::of_tree(u32::MAX), 0);
    }
}
