//! The data folder: made once, recognised ever after. A mistyped path must neither become a server nor be closed to its users.

use std::fs::{self, DirBuilder, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, bail};

/// What a server, and `cargo xtask run`, put there. The database has its log beside it.
const OURS: &[&str] = &[
    "lock",
    "packs",
    "quarantine",
    "views",
    "admin-work",
    "bitmaps",
    "answers",
    "lfs",
    "lfs-uploads",
    "ssh",
    "secret.key",
    "secret.key.new",
    "plugin-cache",
    "plugin-cache.key",
    "restore",
    "restored",
    "first-administrator",
];
const DATABASE: &str = "hardie.db";

/// What is in an existing folder.
struct Content {
    /// Something that only a server makes.
    has_ours: bool,
    /// One thing that no server makes.
    foreign: Option<String>,
}

/// Makes the data folder, readable for its owner alone. A folder that holds other things is left as it is.
pub fn prepare_data_dir(dir: &Path) -> anyhow::Result<()> {
    if let Some(content) = look(dir)? {
        check(dir, &content)?;
    }
    DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(|| format!("cannot make the data folder {}", dir.display()))?;
    if is_open(dir)? {
        fs::set_permissions(dir, Permissions::from_mode(0o700))
            .with_context(|| format!("cannot close the data folder {} to other users", dir.display()))?;
    }
    Ok(())
}

/// Refuses where no server has kept its data, instead of making an empty one there.
pub fn require_data(data_dir: &Path, database: &str) -> anyhow::Result<()> {
    let file = database.strip_prefix("sqlite://").map(Path::new);
    match fs::metadata(file.unwrap_or(data_dir)) {
        Ok(found) if found.is_file() == file.is_some() => Ok(()),
        // As when somebody else's account runs the server.
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot look at the server's data in {}", data_dir.display()))
        }
        Ok(_) | Err(_) => {
            let at = file.filter(|file| !file.starts_with(data_dir)).unwrap_or(data_dir);
            bail!("no server's data in {}: give --data-dir or HARDIE_DATA_DIR", at.display())
        }
    }
}

/// A folder is taken if it is empty or a server's own; its mode is changed only if nothing else is in it.
fn check(dir: &Path, content: &Content) -> anyhow::Result<()> {
    let Some(foreign) = &content.foreign else { return Ok(()) };
    if !content.has_ours {
        bail!(
            "{} holds {foreign:?}, which is not Hardie's: give an empty folder or a new one by --data-dir or HARDIE_DATA_DIR",
            dir.display()
        );
    }
    if is_open(dir)? {
        bail!(
            "the data folder {} is open to other users, and holds {foreign:?}, which is not Hardie's: move that away, or run chmod 700 on the folder",
            dir.display()
        );
    }
    Ok(())
}

fn look(dir: &Path) -> anyhow::Result<Option<Content>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read the data folder {}", dir.display())),
    };
    let mut content = Content { has_ours: false, foreign: None };
    for entry in entries {
        let name = entry.with_context(|| format!("cannot read the data folder {}", dir.display()))?.file_name();
        let name = name.to_string_lossy();
        if OURS.contains(&name.as_ref()) || name.starts_with(DATABASE) {
            content.has_ours = true;
        } else if name != "lost+found" {
            // A file system of its own begins with that one.
            content.foreign = content.foreign.or_else(|| Some(name.into_owned()));
        }
    }
    Ok(Some(content))
}

fn is_open(dir: &Path) -> anyhow::Result<bool> {
    let mode = fs::metadata(dir).with_context(|| format!("cannot look at the data folder {}", dir.display()))?.permissions().mode();
    Ok(mode & 0o077 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(dir: &Path) -> u32 {
        fs::metadata(dir).unwrap().permissions().mode() & 0o777
    }

    fn opened(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        dir
    }

    #[test]
    fn a_foreign_folder_is_refused_by_name_and_keeps_its_mode() {
        for names in [&["thesis.txt"][..], &["hardie.db", "thesis.txt"]] {
            let dir = opened(names);
            let text = prepare_data_dir(dir.path()).unwrap_err().to_string();
            assert!(text.contains("thesis.txt") && text.contains(&dir.path().display().to_string()), "{text}");
            assert_eq!(mode(dir.path()), 0o755);
        }
    }

    #[test]
    fn a_new_folder_an_empty_one_and_a_servers_own_are_closed_to_others() {
        for names in [&[][..], &["hardie.db", "hardie.db-wal", "lock"]] {
            let dir = opened(names);
            prepare_data_dir(dir.path()).unwrap();
            assert_eq!(mode(dir.path()), 0o700);
        }
        let dir = tempfile::tempdir().unwrap();
        prepare_data_dir(&dir.path().join("a/b")).unwrap();
        assert_eq!(mode(&dir.path().join("a/b")), 0o700);
    }

    #[test]
    fn an_operators_own_file_beside_the_data_is_no_hindrance_once_the_folder_is_closed() {
        let dir = opened(&["hardie.db", "hardie.toml"]);
        fs::set_permissions(dir.path(), Permissions::from_mode(0o700)).unwrap();
        prepare_data_dir(dir.path()).unwrap();
    }

    #[test]
    fn where_no_server_was_there_is_nothing_to_administer() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("typo");
        for (data, database, named) in [
            (missing.as_path(), format!("sqlite://{}", missing.join("hardie.db").display()), missing.as_path()),
            (dir.path(), "sqlite:///nowhere/x.db".to_owned(), Path::new("/nowhere/x.db")),
            (&missing, "postgres://h/d".to_owned(), &missing),
        ] {
            let text = require_data(data, &database).unwrap_err().to_string();
            assert_eq!(text, format!("no server's data in {}: give --data-dir or HARDIE_DATA_DIR", named.display()));
        }
        assert!(!missing.exists());
    }
}
