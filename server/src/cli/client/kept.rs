//! What `hardie login` keeps: a token for each server, and which server is meant when none is named. One file that its owner alone can read,
//! `servers.toml` in `$XDG_CONFIG_HOME/hardie` or `~/.config/hardie`.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use hardie_domain::secret::Secret;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::address::Address;

/// The largest file.
const MOST: u64 = 1 << 20;

/// Servers that somebody signed in to.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Book {
    /// The one that is meant when none is named.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub default: String,
    /// By their addresses.
    #[serde(default)]
    pub servers: BTreeMap<String, Entry>,
}

/// How to get at one server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Whose token it is.
    pub user: String,
    /// The token.
    #[serde(with = "secret")]
    pub token: Secret,
    /// Its id, if `hardie login` made it: then `hardie logout` revokes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_id: Option<i64>,
    /// Whether somebody said that it may be asked without TLS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure_http: bool,
}

/// A secret is written as it is: the file is what guards it.
mod secret {
    use hardie_domain::secret::Secret;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

impl Book {
    /// The servers, each with its address. One that this version cannot read is left out.
    pub fn addresses(&self) -> impl Iterator<Item = (Address, &Entry)> {
        self.servers.iter().filter_map(|(text, entry)| Some((Address::parse(text, entry.insecure_http).ok()?, entry)))
    }

    /// Keeps a server; the first one is the default.
    pub fn put(&mut self, address: &Address, entry: Entry) -> Option<Entry> {
        if self.default.is_empty() {
            self.default = address.to_string();
        }
        self.servers.insert(address.to_string(), entry)
    }

    /// Forgets a server. If it was the default, one that is left alone becomes that.
    pub fn forget(&mut self, address: &Address) -> Option<Entry> {
        let gone = self.servers.remove(address.as_str());
        if self.default == address.as_str() {
            let mut left = self.servers.keys();
            self.default = match (left.next(), left.next()) {
                (Some(only), None) => only.clone(),
                _ => String::new(),
            };
        }
        gone
    }
}

/// What is kept; nothing, where nothing was kept yet.
pub fn read() -> anyhow::Result<Book> {
    match file() {
        Some(file) => read_from(&file),
        None => Ok(Book::default()),
    }
}

/// Proves that something can be kept, before a token is made for it.
pub fn prepare() -> anyhow::Result<()> {
    change(|_| ())
}

/// Changes what is kept, whole or not at all, one at a time.
pub fn change<T>(change: impl FnOnce(&mut Book) -> T) -> anyhow::Result<T> {
    let file = file().context("there is no place to keep a token: neither HOME nor XDG_CONFIG_HOME is set; HARDIE_TOKEN does without")?;
    change_in(&file, change)
}

fn file() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(folder.join("hardie/servers.toml"))
}

fn read_from(file: &Path) -> anyhow::Result<Book> {
    let cannot = || format!("cannot read {}", file.display());
    let opened = match File::open(file) {
        Ok(opened) => opened,
        // Somebody whose home is not there, or is not a folder, has nothing in it.
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(Book::default());
        }
        Err(error) => return Err(error).with_context(cannot),
    };
    let about = opened.metadata().with_context(cannot)?;
    ensure!(
        about.permissions().mode() & 0o077 == 0,
        "{} holds tokens and others may read it: chmod 600 {0}, and sign in anew if somebody did",
        file.display()
    );
    ensure!(about.len() <= MOST, "{} is larger than {MOST} bytes", file.display());
    let mut text = Zeroizing::new(String::new());
    opened.take(MOST).read_to_string(&mut text).with_context(cannot)?;
    // The parser's own words repeat the line, and so the token.
    toml::from_str(&text).or_else(|error| {
        let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
        bail!("{} is not what `hardie login` wrote, near line {line}: mend it, or remove it and sign in anew", file.display())
    })
}

fn change_in<T>(file: &Path, change: impl FnOnce(&mut Book) -> T) -> anyhow::Result<T> {
    let folder = file.parent().context("a file without a folder")?;
    let cannot = || format!("cannot write {}", file.display());
    DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = File::options().create(true).truncate(false).write(true).mode(0o600).open(folder.join("lock")).with_context(cannot)?;
    // Whoever has it writes one small file.
    flock(&lock, FlockOperation::LockExclusive).with_context(cannot)?;
    let mut book = read_from(file)?;
    let done = change(&mut book);
    let text = Zeroizing::new(toml::to_string(&book).with_context(cannot)?);
    let mut new = tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(folder).with_context(cannot)?;
    new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).with_context(cannot)?;
    new.persist(file).map_err(|error| error.error).with_context(cannot)?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(user: &str) -> Entry {
        Entry { user: user.to_owned(), token: Secret::new(format!("{user}'s")), token_id: None, insecure_http: false }
    }

    fn address(text: &str) -> Address {
        Address::parse(text, false).unwrap()
    }

    #[test]
    fn what_is_kept_comes_back_and_nobody_else_can_read_it() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("a/hardie/servers.toml");
        assert!(read_from(&file).unwrap().servers.is_empty());
        change_in(&file, |book| book.put(&address("https://a.example"), entry("ann"))).unwrap();
        change_in(&file, |book| book.put(&address("https://b.example"), entry("bob"))).unwrap();
        let book = read_from(&file).unwrap();
        assert_eq!((book.default.as_str(), book.servers.len()), ("https://a.example", 2));
        assert_eq!(book.servers["https://b.example"].token.expose(), "bob's");
        assert!(!format!("{book:?}").contains("bob's"));
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(file.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        assert!(read_from(&file).unwrap_err().to_string().contains("chmod 600"));
        assert!(change_in(&file, |_| ()).is_err(), "what others could have changed is not built upon");
    }

    #[test]
    fn the_default_moves_to_the_only_one_left() {
        let mut book = Book::default();
        let [a, b, c] = ["https://a.example", "https://b.example", "https://c.example"].map(address);
        for (address, user) in [(&a, "ann"), (&b, "bob"), (&c, "cat")] {
            book.put(address, entry(user));
        }
        book.forget(&b);
        assert_eq!(book.default, a.as_str());
        book.forget(&a);
        assert_eq!(book.default, c.as_str());
        book.forget(&c);
        assert_eq!(book.default, "");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_not_shown_in_the_complaint() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("servers.toml");
        std::fs::write(&file, "default = \"x\"\ntoken = hidden-thing\n").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
        let said = format!("{:#}", read_from(&file).unwrap_err());
        assert!(said.contains("near line 2") && !said.contains("hidden-thing"), "{said}");
    }

    #[test]
    fn two_at_once_lose_nothing() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("servers.toml");
        std::thread::scope(|scope| {
            for number in 0..8 {
                let file = &file;
                scope.spawn(move || {
                    change_in(file, |book| book.put(&address(&format!("https://h{number}.example")), entry("ann"))).unwrap()
                });
            }
        });
        assert_eq!(read_from(&file).unwrap().servers.len(), 8);
    }
}
