//! A folder shaped like a bare repository, for a `git` child: links to the packs, and the visible refs if the child needs them.
//!
//! Made from a snapshot, never read back, removed when dropped.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::bitmaps;
use crate::error::{Error, Result};
use crate::odb::{Member, Odb};
use crate::packs::{DiskFiles, Files, PackHash, PackStore};
use crate::wire::Refs;

/// How a pack's file gets its name in the folder.
type Link = fn(&dyn Files, &Path, &Path) -> io::Result<()>;

/// The folder. It stays as long as somebody holds it.
#[derive(Debug)]
pub struct View {
    path: PathBuf,
    files: Arc<dyn Files>,
    refs: Arc<Refs>,
    odb: Odb,
    packed_refs: OnceLock<()>,
}

impl View {
    /// Links these packs. The refs are written when a child first asks for them.
    ///
    /// On a full disk the folder is made in the system's temporary one instead: reads must go on.
    pub fn create(store: &PackStore, packs: &[PackHash], refs: &Arc<Refs>) -> Result<Arc<View>> {
        let packs = store.packs(packs)?;
        let derived = bitmaps::files(store, &packs);
        View::over(store, packs.into_iter().map(|pack| Member { pack, closed: false }).collect(), &derived, refs)
    }

    /// The same of a repository with damaged packs: those that can be opened. Without bitmaps and commit-graph: by bitmaps git copies bytes that it has
    /// not compared with their checksums.
    pub fn of_damaged(store: &PackStore, odb: &Odb, refs: &Arc<Refs>) -> Result<Arc<View>> {
        View::over(store, odb.members().to_vec(), &[], refs)
    }

    fn over(store: &PackStore, members: Vec<Member>, derived: &[(PathBuf, String)], refs: &Arc<Refs>) -> Result<Arc<View>> {
        let files = Arc::clone(store.files());
        let linked =
            View::lay_out(store.new_view_path()?, files, members.clone(), derived, refs, |files, from, to| files.hard_link(from, to));
        match linked {
            Err(Error::DiskFull) => {
                let name = store.new_view_path()?.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let path = std::env::temp_dir().join(format!("hardie-view-{}-{name}", std::process::id()));
                View::lay_out(path, Arc::new(DiskFiles), members, &[], refs, |_, from, to| {
                    std::os::unix::fs::symlink(from.canonicalize()?, to)
                })
            }
            done => done,
        }
    }

    fn lay_out(
        path: PathBuf,
        files: Arc<dyn Files>,
        members: Vec<Member>,
        derived: &[(PathBuf, String)],
        refs: &Arc<Refs>,
        link: Link,
    ) -> Result<Arc<View>> {
        let failed = |e| Error::io("preparing a folder for git", e);
        files.create_dir(&path).map_err(failed)?;
        // From here on, Drop cleans up.
        let view = View { path, files, refs: Arc::clone(refs), odb: Odb::new(members), packed_refs: OnceLock::new() };
        for folder in ["objects", "objects/info", "objects/pack", "refs"] {
            view.files.create_dir(&view.path.join(folder)).map_err(failed)?;
        }
        view.files.write_new(&view.path.join("HEAD"), b"ref: refs/heads/none\n").map_err(failed)?;
        for member in view.odb.members() {
            let name = view.objects().join("pack").join(format!("pack-{}", member.pack.hash()));
            for extension in ["idx", "pack"] {
                let from = member.pack.path().with_extension(extension);
                link(view.files.as_ref(), &from, &name.with_extension(extension)).map_err(failed)?;
            }
        }
        for (from, name) in derived {
            // They may have been removed meanwhile, and nothing needs them.
            if let Err(e) = link(view.files.as_ref(), from, &view.objects().join(name)) {
                if e.kind() != io::ErrorKind::NotFound {
                    return Err(failed(e));
                }
                break;
            }
        }
        Ok(Arc::new(view))
    }

    /// `GIT_DIR` for a child.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The object directory.
    pub fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    /// The same packs for reading in process.
    pub fn odb(&self) -> &Odb {
        &self.odb
    }

    /// Writes `packed-refs` unless that was done: only `--include-tag` reads it.
    pub(crate) fn ensure_refs(&self) -> Result<()> {
        if self.packed_refs.get().is_some() {
            return Ok(());
        }
        let wrote = |e| Error::io("writing refs for git", e);
        // Another thread may write the same content at this moment: a new name, then one step into place.
        let part = self.path.join(format!("packed-refs.{:?}", std::thread::current().id()));
        self.files.write_new(&part, &self.refs.packed()).map_err(wrote)?;
        self.files.rename(&part, &self.path.join("packed-refs")).map_err(wrote)?;
        let _ = self.packed_refs.set(());
        Ok(())
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // What cannot be removed now is removed at the next start.
        if let Err(error) = self.files.remove_tree(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "view not removed");
        }
    }
}
