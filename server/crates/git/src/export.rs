//! A repository as a plain bare one: the way out that is always open. Written once, never read back.

use std::fs;
use std::path::Path;

use hardie_domain::lfs::LfsOid;

use crate::error::{Error, Result};
use crate::lfs::LfsStore;
use crate::packs::{PackHash, PackStore};
use crate::wire::Refs;

/// Writes packs, refs and HEAD into `dir`, which must not exist yet. The packs are linked where the file system allows it,
/// else copied.
pub fn write_bare(store: &PackStore, packs: &[PackHash], refs: &Refs, dir: &Path) -> Result<()> {
    let failed = |what: &str| {
        let what = format!("{what} {}", dir.display());
        move |e| Error::io(what, e)
    };
    fs::create_dir(dir).map_err(failed("creating"))?;
    for folder in ["objects/pack", "objects/info", "refs/heads", "refs/tags"] {
        fs::create_dir_all(dir.join(folder)).map_err(failed("creating a folder in"))?;
    }
    for pack in store.packs(packs)? {
        let name = dir.join("objects/pack").join(format!("pack-{}", pack.hash()));
        for extension in ["pack", "idx"] {
            let (from, to) = (pack.path().with_extension(extension), name.with_extension(extension));
            link(&from, &to).map_err(failed("writing a pack into"))?;
        }
    }
    let config = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n";
    fs::write(dir.join("config"), config).map_err(failed("writing into"))?;
    fs::write(dir.join("packed-refs"), refs.packed()).map_err(failed("writing into"))?;
    let head = [b"ref: ", refs.head().target.as_bytes(), b"\n"].concat();
    fs::write(dir.join("HEAD"), head).map_err(failed("writing into"))
}

/// Adds LFS objects to such a folder, where git-lfs itself keeps them.
pub fn write_lfs(store: &LfsStore, oids: &[LfsOid], dir: &Path) -> Result<()> {
    for oid in oids {
        let name = oid.to_string();
        let folder = dir.join("lfs/objects").join(name.get(..2).unwrap_or_default()).join(name.get(2..4).unwrap_or_default());
        let written = fs::create_dir_all(&folder).and_then(|()| link(&store.path(oid), &folder.join(&name)));
        written.map_err(|e| Error::io(format!("writing LFS object {oid} into {}", dir.display()), e))?;
    }
    Ok(())
}

/// A link where the file system allows one, else a copy.
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
}
