//! Databases of a cluster, one a test.

use std::process::Stdio;

use crate::{Error, place};

/// Makes an empty database on the cluster behind `url`, or a copy of `template`, and gives back the new one's URL.
///
/// A copy needs a template that nobody is connected to.
///
/// # Errors
/// [`Error::Failed`] with PostgreSQL's words, also for a name that holds anything but lower-case letters, digits and `_`.
pub fn create_database(url: &str, name: &str, template: Option<&str>) -> Result<String, Error> {
    let template = template.unwrap_or("template0");
    check_name(name)?;
    check_name(template)?;
    statement(url, &format!("CREATE DATABASE {name} TEMPLATE {template}"))?;
    url.rsplit_once('/')
        .map(|(server, _)| format!("{server}/{name}"))
        .ok_or_else(|| Error::Failed("psql", "the cluster's URL names no database".to_owned()))
}

/// Removes a database and ends the connections to it. One that is not there is no error.
///
/// # Errors
/// [`Error::Failed`] with PostgreSQL's words.
pub fn drop_database(url: &str, name: &str) -> Result<(), Error> {
    check_name(name)?;
    statement(url, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
}

fn check_name(name: &str) -> Result<(), Error> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.is_empty() && name.len() <= 63 && name.bytes().all(plain) {
        Ok(())
    } else {
        Err(Error::Failed("psql", format!("{name:?} is no plain database name")))
    }
}

/// Runs statements in one transaction.
///
/// # Errors
/// [`Error::Failed`] with PostgreSQL's words.
pub fn execute(url: &str, sql: &str) -> Result<(), Error> {
    statement(url, sql)
}

fn statement(url: &str, sql: &str) -> Result<(), Error> {
    let program = place::server_programs()?.join("psql");
    let program = if program.is_file() { program } else { "psql".into() };
    let output = place::command(program, None)
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--command", sql, url])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::Spawn("psql", error))?;
    if output.status.success() { Ok(()) } else { Err(Error::Failed("psql", String::from_utf8_lossy(&output.stderr).trim().to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cluster;

    #[test]
    fn a_name_that_is_more_than_a_name_is_refused() {
        for name in ["", "a b", "a;DROP", "A", "a-b", &"a".repeat(64)] {
            check_name(name).unwrap_err();
        }
        check_name("test_17").unwrap();
    }

    #[test]
    fn a_cluster_gives_out_databases_sorts_by_locale_and_leaves_nothing_behind() {
        let cluster = Cluster::start().unwrap();
        let folders = || {
            let listed = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten();
            listed.filter(|entry| entry.file_name().to_string_lossy().starts_with("hardie-postgres-")).count()
        };
        let before = folders();
        let url = create_database(cluster.url(), "first", None).unwrap();
        // Bytes would put 'B' before 'a'; the locale does not.
        statement(&url, "DO $$ BEGIN ASSERT 'a'::text < 'B'::text; ASSERT 'B' < 'a' COLLATE \"C\"; END $$").unwrap();
        let copy = create_database(cluster.url(), "second", Some("first")).unwrap();
        assert!(copy.ends_with("/second"));
        drop_database(cluster.url(), "second").unwrap();
        drop_database(cluster.url(), "second").unwrap();
        let refused = create_database(cluster.url(), "first", None).unwrap_err();
        assert!(refused.to_string().contains("already exists"), "{refused}");
        drop(cluster);
        assert!(folders() < before);
    }
}
