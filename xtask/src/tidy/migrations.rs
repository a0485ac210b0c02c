//! Both engines have the same history: a migration of one that the other lacks would make two products.

use std::collections::BTreeSet;
use std::path::PathBuf;

const FOLDER: &str = "server/crates/store/migrations";

/// Compares the names.
pub fn check(files: &[PathBuf]) -> Vec<String> {
    let of = |engine: &str| -> BTreeSet<String> {
        let folder = PathBuf::from(FOLDER).join(engine);
        files.iter().filter_map(|file| Some(file.strip_prefix(&folder).ok()?.display().to_string())).collect()
    };
    let (sqlite, postgres) = (of("sqlite"), of("postgres"));
    sqlite.symmetric_difference(&postgres).map(|name| format!("{FOLDER}: {name} is there for one engine alone")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_for_one_engine_is_named() {
        let files = ["sqlite/0001_a.sql", "postgres/0001_a.sql", "sqlite/0002_b.sql"].map(|name| PathBuf::from(FOLDER).join(name));
        let problems = check(&files);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("0002_b.sql"));
    }
}
