//! Memory of a process and its children: what cannot be given back, RssAnon and RssShmem of proc_pid_status(5).

use crate::processes;

/// In bytes.
pub fn of_tree(root: u32) -> u64 {
    processes::tree(root).into_iter().map(of_one).sum()
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
