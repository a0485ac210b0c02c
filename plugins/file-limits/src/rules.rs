//! The rules, over one file.

use hardie_plugin::glob::Glob;
use hardie_plugin::size::Size;
use hardie_plugin::{Error, FileMode, Oid, Repository};

use crate::config::Config;

/// What every Git LFS pointer begins with (git-lfs, docs/spec.md).
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";
/// A pointer is smaller than this.
const LFS_POINTER_BYTES: u64 = 1024;

/// What is known of a file.
pub struct File<'a> {
    /// Where it is.
    pub path: &'a [u8],
    /// What it is.
    pub mode: FileMode,
    /// How large it is; `None` if it was judged elsewhere.
    pub size: Option<u64>,
}

/// One rule that a file breaks.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Short name.
    pub rule: &'static str,
    /// What is wrong.
    pub what: String,
    /// The way to mend it.
    pub mend: String,
}

/// The settings with their patterns made ready.
pub struct Rules<'a> {
    config: &'a Config,
    allow: Vec<Glob>,
    forbid: Vec<Glob>,
    lfs: Vec<Glob>,
}

impl<'a> Rules<'a> {
    /// Made once for a push.
    pub fn new(config: &'a Config) -> Rules<'a> {
        let globs = |patterns: &[String]| patterns.iter().map(|pattern| Glob::new(pattern)).collect();
        Rules { config, allow: globs(&config.allow), forbid: globs(&config.forbid), lfs: globs(&config.lfs) }
    }

    /// Whether no rule is for a path.
    pub fn allow(&self, path: &[u8]) -> bool {
        self.allow.iter().any(|glob| glob.matches(path))
    }

    /// Whether content of this size may break a rule somewhere.
    pub fn may_matter(&self, size: u64) -> bool {
        !self.lfs.is_empty() || !self.forbid.is_empty() || (self.config.max_size.0 > 0 && size > self.config.max_size.0)
    }

    /// Everything that is wrong with a file. `is_pointer` is asked only if it matters.
    pub fn check(&self, file: &File<'_>, is_pointer: impl FnOnce() -> Result<bool, Error>) -> Result<Vec<Broken>, Error> {
        let config = self.config;
        let any = |globs: &[Glob], patterns: &'a [String]| {
            globs.iter().zip(patterns).find(|(glob, _)| glob.matches(file.path)).map(|(_, pattern)| pattern)
        };
        if self.allow(file.path) {
            return Ok(Vec::new());
        }
        let mut broken = Vec::new();
        if let Some(pattern) = any(&self.forbid, &config.forbid) {
            let hint = if config.forbid_hint.is_empty() { String::new() } else { format!(": {}", config.forbid_hint) };
            broken.push(Broken {
                rule: "forbidden-path",
                what: format!("paths like {pattern} are not allowed{hint}"),
                mend: "take it out of every commit that has it: git rebase -i, then git rm --cached, and add it to .gitignore".into(),
            });
        }
        if file.mode == FileMode::SYMLINK && config.forbid_symlinks {
            broken.push(Broken {
                rule: "symlink",
                what: "is a symbolic link, and those are not allowed".into(),
                mend: "commit the file that it points to instead".into(),
            });
        }
        if file.mode == FileMode::SUBMODULE && config.forbid_submodules {
            broken.push(Broken {
                rule: "submodule",
                what: "is a submodule, and those are not allowed".into(),
                mend: "git rm --cached it and bring the code in another way".into(),
            });
        }
        let Some(size) = file.size else { return Ok(broken) };
        let is_file = file.mode == FileMode::FILE || file.mode == FileMode::EXECUTABLE;
        match any(&self.lfs, &config.lfs).filter(|_| is_file) {
            Some(pattern) if !is_pointer()? => broken.push(Broken {
                rule: "needs-lfs",
                what: format!("files like {pattern} belong in Git LFS, but this is the file itself"),
                mend: format!(
                    "move it there in the commits that are not pushed yet: git lfs migrate import --include='{pattern}', then push again"
                ),
            }),
            _ if config.max_size.0 > 0 && size > config.max_size.0 => broken.push(Broken {
                rule: "too-large",
                what: format!("has {}, and {} are allowed", Size(size), config.max_size),
                mend:
                    "take it out of every commit that has it: git rm --cached, then git commit --amend, or git rebase -i for older commits"
                        .into(),
            }),
            _ => {}
        }
        Ok(broken)
    }
}

/// Whether a blob is a Git LFS pointer.
pub fn is_lfs_pointer(repository: &Repository<'_>, id: &Oid, size: u64) -> Result<bool, Error> {
    if size >= LFS_POINTER_BYTES {
        return Ok(false);
    }
    let length = u32::try_from(LFS_POINTER.len()).unwrap_or(u32::MAX);
    Ok(repository.blob_range(id, 0, length)? == LFS_POINTER)
}
