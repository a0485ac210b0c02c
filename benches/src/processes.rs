//! Which processes belong together (proc_pid_status(5)).

use std::collections::HashMap;

/// A process, its children, theirs and so on.
pub fn tree(root: u32) -> Vec<u32> {
    let parents = parents();
    let belongs = |mut id: u32| {
        // A parent's number is lower in any sane table, but a bound costs nothing.
        for _ in 0..64 {
            if id == root {
                return true;
            }
            match parents.get(&id) {
                Some(parent) => id = *parent,
                None => return false,
            }
        }
        false
    };
    parents.keys().copied().filter(|id| belongs(*id)).collect()
}

/// Every process and its parent.
fn parents() -> HashMap<u32, u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
            let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()?;
            Some((id, parent))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_process_is_in_its_own_tree() {
        assert!(super::tree(std::process::id()).contains(&std::process::id()));
        assert!(super::tree(u32::MAX).is_empty());
    }
}
