//! Patterns of CODEOWNERS: those of `.gitignore`, as GitHub and GitLab read them.

use hardie_plugin::glob::Glob;

/// Dots of an ending that is looked up; one with more is tried.
pub const DOTS: usize = 8;

/// One pattern. Most are plain enough to be looked up (see [`crate::index`]); the rest are tried.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// `*`.
    All,
    /// `/docs/guide`: from the root on. Whether the path itself is meant; whether all below it is.
    Path(Vec<u8>, bool, bool),
    /// `docs`: any file or folder of this name, and all below it. `true`: folders only.
    Name(Vec<u8>, bool),
    /// `*.js`: likewise, by how names end.
    Ending(Vec<u8>, bool),
    /// From the root on, with wildcards.
    Paths(Vec<Glob>),
    /// Names with wildcards. `true`: folders only.
    Names(Glob, bool),
}

impl Pattern {
    /// From its text, escapes included.
    pub fn new(text: &str) -> Pattern {
        let (path, folder) = match text.strip_suffix('/') {
            Some(path) => (path, true),
            None => (text, false),
        };
        let anywhere = path.strip_prefix("**/").unwrap_or(path);
        if !anywhere.contains('/') {
            return match anywhere.strip_prefix('*') {
                _ if anywhere.is_empty() || (anywhere == "*" && !folder) => Pattern::All,
                Some(ending) if ending.starts_with('.') && is_plain(ending) && ending.matches('.').count() <= DOTS => {
                    Pattern::Ending(ending.into(), folder)
                }
                _ if is_plain(anywhere) => Pattern::Name(anywhere.into(), folder),
                _ => Pattern::Names(Glob::whole(anywhere), folder),
            };
        }
        let path = path.strip_prefix('/').unwrap_or(path);
        // `docs/*` are the files of a folder, not those of its folders.
        let below = folder || !(path == "*" || path.ends_with("/*") || path.ends_with("**"));
        if is_plain(path) {
            return Pattern::Path(path.into(), !folder, below);
        }
        let below = below.then(|| Glob::whole(&format!("{path}/**")));
        Pattern::Paths((!folder).then(|| Glob::whole(path)).into_iter().chain(below).collect())
    }

    /// Whether a file is meant by a pattern that is tried; and what that took.
    pub fn tried(&self, path: &[u8]) -> (bool, usize) {
        let one = |glob: &Glob, subject: &[u8]| (glob.matches(subject), glob.steps(subject));
        let add = |(hit, steps): (bool, usize), (other, more): (bool, usize)| (hit || other, steps + more);
        match self {
            Pattern::Paths(globs) => globs.iter().map(|glob| one(glob, path)).fold((false, 0), add),
            Pattern::Names(glob, folder) => {
                let mut parts = path.split(|byte| *byte == b'/');
                let file = parts.next_back().filter(|_| !*folder);
                file.into_iter().chain(parts).map(|part| one(glob, part)).fold((false, 0), add)
            }
            _ => (false, 0),
        }
    }
}

fn is_plain(text: &str) -> bool {
    !text.contains(['*', '?', '[', '\\'])
}
