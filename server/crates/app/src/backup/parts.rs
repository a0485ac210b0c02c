//! The names of parts: the only ones there are, in the order in which they come. No path on disk is made of anything else.

use hardie_git::packs::{PackHash, carry};
use hardie_store::backup::{FileSort, SORTS, Table, tables};

pub const HEAD: &str = "hardie-backup.json";
pub const COUNTERS: &str = "counters.json";
pub const MANIFEST: &str = "manifest.json";
pub const SEAL: &str = "manifest.sha256";
const ROWS: &str = "rows/";
const KEYS: &str = "keys/";

/// What a part is by its name.
#[derive(Debug, PartialEq, Eq)]
pub enum Name {
    Head,
    /// Number and table.
    Rows(u32, &'static Table),
    Counters,
    File {
        sort: &'static FileSort,
        hash: [u8; 32],
        extension: &'static str,
    },
    /// A path in the data folder, out of a list.
    Key(String),
    Manifest,
    /// The manifest's own hash.
    Seal,
}

impl Name {
    /// Recognises a name. `keys` are the key files that there can be.
    pub fn parse(name: &str, keys: &[&str]) -> Option<Name> {
        match name {
            HEAD => return Some(Name::Head),
            COUNTERS => return Some(Name::Counters),
            MANIFEST => return Some(Name::Manifest),
            SEAL => return Some(Name::Seal),
            _ => {}
        }
        if let Some(rest) = name.strip_prefix(ROWS) {
            let (number, table) = rest.strip_suffix(".jsonl")?.split_once('-')?;
            let (number, table) = (number.parse().ok()?, tables::find(table)?.1);
            return (rows(number, table) == name).then_some(Name::Rows(number, table));
        }
        if let Some(rest) = name.strip_prefix(KEYS) {
            return keys.contains(&rest).then(|| Name::Key(rest.to_owned()));
        }
        let (folder, file) = name.split_once('/')?;
        let sort = SORTS.iter().find(|sort| sort.name == folder)?;
        let (hash, extension) = file.split_once('.')?;
        let extension = extensions(sort).iter().find(|known| **known == extension)?;
        Some(Name::File { sort, hash: PackHash::from_hex(hash)?.0, extension })
    }

    /// The stage to which a part belongs: parts come in this order.
    pub fn stage(&self) -> u8 {
        match self {
            Name::Head => 0,
            Name::Rows(..) => 1,
            Name::Counters => 2,
            Name::File { .. } => 3,
            Name::Key(_) => 4,
            Name::Manifest => 5,
            Name::Seal => 6,
        }
    }
}

/// The files that belong to one hash of a sort.
pub fn extensions(sort: &FileSort) -> &'static [&'static str] {
    match sort.name {
        "packs" => &carry::EXTENSIONS,
        "lfs" => &["object"],
        _ => &[],
    }
}

/// The content of the last part, as `sha256sum -c` takes it.
pub fn seal(manifest: &[u8; 32]) -> String {
    format!("{}  {MANIFEST}\n", hex::encode(manifest))
}

pub fn rows(number: u32, table: &Table) -> String {
    format!("{ROWS}{number:06}-{}.jsonl", table.name)
}

/// A file without its extension.
pub fn stem(sort: &FileSort, hash: &[u8; 32]) -> String {
    format!("{}/{}", sort.name, hex::encode(hash))
}

pub fn file(sort: &FileSort, hash: &[u8; 32], extension: &str) -> String {
    format!("{}.{extension}", stem(sort, hash))
}

pub fn key(name: &str) -> String {
    format!("{KEYS}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_recognised_and_no_others() {
        let keys = ["secret.key", "ssh/host_ed25519_key"];
        let (account, hash) = (tables::find("account").unwrap().1, [0xab; 32]);
        let name = |text: &str| Name::parse(text, &keys);
        assert_eq!(name(&rows(7, account)), Some(Name::Rows(7, account)));
        let (sort, extension) = (&SORTS[0], "idx");
        assert_eq!(name(&file(sort, &hash, extension)), Some(Name::File { sort, hash, extension }));
        assert_eq!(name(&key("ssh/host_ed25519_key")), Some(Name::Key("ssh/host_ed25519_key".to_owned())));
        let pack = file(sort, &hash, "pack");
        for bad in [
            "",
            "/",
            "..",
            "../manifest.json",
            "/etc/passwd",
            "keys/../../x",
            "keys/other",
            "rows/000001-session.jsonl",
            "rows/1-account.jsonl",
            "rows/00000x-account.jsonl",
            "rows/000001-account.jsonl/..",
            "packs/x.pack",
            "packs/../x",
            "lfs/x",
            "lfs/x.object",
            "manifest.json ",
            "./manifest.json",
            &pack.to_uppercase(),
            &pack.replace(".pack", ".rev"),
            &format!("{pack}.pack"),
            &format!("./{pack}"),
            &pack.replace('/', "//"),
        ] {
            assert_eq!(name(bad), None, "{bad:?}");
        }
    }
}
