//! Where PostgreSQL's programs are, and as whom they run.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// The folder that holds `initdb` and `postgres`: the newest of Debian's, else one on the search path.
pub fn server_programs() -> Result<PathBuf, Error> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let debian = versions.into_iter().rev().map(|(_, folder)| folder);
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    debian.chain(on_path).find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file()).ok_or(Error::NotInstalled)
}

/// The user that the server runs as. PostgreSQL refuses to run as root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unprivileged {
    pub uid: u32,
    pub gid: u32,
}

/// `None` when the caller is not root and can run the server itself.
pub fn other_user() -> Result<Option<Unprivileged>, Error> {
    let own = Path::new("/proc/self").metadata().map_err(Error::Folder)?.uid();
    if own != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").map_err(Error::Folder)?;
    let found = ["postgres", "nobody"].iter().find_map(|name| find_user(&users, name));
    found.map(Some).ok_or_else(|| Error::Failed("postgres", "root may not run it, and there is no user postgres or nobody".to_owned()))
}

fn find_user(users: &str, name: &str) -> Option<Unprivileged> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then_some(())?;
        Some(Unprivileged { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    })
}

/// A command that runs as `user`, without an environment that PostgreSQL would read.
pub fn command(program: impl AsRef<OsStr>, user: Option<Unprivileged>) -> Command {
    use std::os::unix::process::CommandExt as _;
    #[expect(clippy::disallowed_methods, reason = "starting PostgreSQL is what this crate is for")]
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("PG")) {
            command.env_remove(name);
        }
    }
    if let Some(user) = user {
        // With a uid, the standard library drops the supplementary groups too.
        command.uid(user.uid).gid(user.gid);
    }
    command.env("LC_ALL", "C.UTF-8").current_dir("/");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "root:x:0:0::/root:/bin/sh\npostgresql:x:7:7::/:/bin/sh\npostgres:x:104:110:,,,:/var/lib/postgresql:/bin/bash\n";
        assert_eq!(find_user(users, "postgres"), Some(Unprivileged { uid: 104, gid: 110 }));
        assert_eq!(find_user(users, "nobody"), None);
    }
}
