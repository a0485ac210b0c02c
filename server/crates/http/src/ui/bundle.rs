//! The static bundle that Trunk built, read into memory once: a request can name only what was there at start.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use axum::http::HeaderValue;
use bytes::Bytes;

use super::csp;

/// No bundle of ours is larger, in bytes; a wrong folder is.
const MOST_BYTES: u64 = 64 << 20;
/// Nor does it have more files.
const MOST_FILES: usize = 2_000;

/// Why a folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// No built UI there.
    #[error("{0} holds no index.html: build the UI first (`cargo xtask run` does, or `trunk build --release`)")]
    NotBuilt(PathBuf),
    /// Too much to be a bundle.
    #[error("{0} is not the UI's bundle: it holds more than {MOST_FILES} files or {MOST_BYTES} bytes")]
    TooLarge(PathBuf),
    /// Reading failed.
    #[error("cannot read {path}: {source}")]
    Read {
        /// What was read.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
}

/// One file in every form that it was built in.
#[derive(Debug)]
pub(super) struct File {
    pub(super) plain: Bytes,
    pub(super) brotli: Option<Bytes>,
    pub(super) gzip: Option<Bytes>,
    pub(super) content_type: &'static str,
    /// Whether its name holds a hash of its content, so that it never changes.
    pub(super) hashed: bool,
    /// For files that may change.
    pub(super) etag: HeaderValue,
}

/// The bundle.
#[derive(Debug)]
pub struct Bundle {
    files: HashMap<String, File>,
    index: File,
    policy: HeaderValue,
}

impl Bundle {
    /// Reads a folder built by Trunk. `x.br` and `x.gz` beside `x` are its compressed forms.
    pub fn load(folder: &Path) -> Result<Bundle, BundleError> {
        let mut raw = HashMap::new();
        let mut total = 0;
        read_folder(folder, folder, "", &mut raw, &mut total)?;
        let index = raw.remove("index.html").ok_or_else(|| BundleError::NotBuilt(folder.to_owned()))?;
        let policy = csp::for_page(&index);
        let index = make_file("index.html", index, raw.remove("index.html.br"), raw.remove("index.html.gz"));
        let names: Vec<String> = raw.keys().filter(|name| !is_compressed_form(name)).cloned().collect();
        let mut files = HashMap::with_capacity(names.len());
        for name in names {
            let Some(plain) = raw.remove(&name) else { continue };
            let (brotli, gzip) = (raw.remove(&format!("{name}.br")), raw.remove(&format!("{name}.gz")));
            let file = make_file(&name, plain, brotli, gzip);
            files.insert(name, file);
        }
        Ok(Bundle { files, index, policy })
    }

    pub(super) fn file(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }

    pub(super) fn index(&self) -> &File {
        &self.index
    }

    /// The Content-Security-Policy of the page.
    pub(super) fn policy(&self) -> &HeaderValue {
        &self.policy
    }
}

fn read_folder(root: &Path, folder: &Path, prefix: &str, files: &mut HashMap<String, Bytes>, total: &mut u64) -> Result<(), BundleError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BundleError::Read { path, source }
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(BundleError::NotBuilt(folder.to_owned())),
        other => other.map_err(failed(folder))?,
    };
    for entry in entries {
        let entry = entry.map_err(failed(folder))?;
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Metadata of the entry itself: a symbolic link out of the folder is not followed.
        let meta = entry.metadata().map_err(failed(&path))?;
        if name.starts_with('.') {
            continue;
        }
        if meta.is_dir() {
            read_folder(root, &path, &format!("{prefix}{name}/"), files, total)?;
        } else if meta.is_file() {
            *total = total.saturating_add(meta.len());
            if *total > MOST_BYTES || files.len() >= MOST_FILES {
                return Err(BundleError::TooLarge(root.to_owned()));
            }
            let bytes = fs::read(&path).map_err(failed(&path))?;
            files.insert(format!("{prefix}{name}"), bytes.into());
        }
    }
    Ok(())
}

fn make_file(name: &str, plain: Bytes, brotli: Option<Bytes>, gzip: Option<Bytes>) -> File {
    let content_type = content_type(name);
    let (hashed, etag) = (is_hashed(name), csp::etag(&plain));
    File { plain, brotli, gzip, content_type, hashed, etag }
}

fn is_compressed_form(name: &str) -> bool {
    name.ends_with(".br") || name.ends_with(".gz")
}

/// Trunk writes `name-<about 16 hexadecimal digits>.ext`, with `_bg` before the extension of the wasm file.
fn is_hashed(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let stem = stem.strip_suffix("_bg").unwrap_or(stem);
    let digits = stem.rsplit('-').next().unwrap_or("");
    digits.len() >= 12 && digits.len() < stem.len() && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_count_as_immutable() {
        assert!(is_hashed("hardie-web-1a2b3c4d5e6f7a8b.js"));
        assert!(is_hashed("hardie-web-1a2b3c4d5e6f7a8b_bg.wasm"));
        assert!(is_hashed("app-1a2b3c4d5e6f7a8b.css"));
        for name in ["favicon.svg", "app.css", "hardie-web.js", "theme-loader.js", "1a2b3c4d5e6f7a8b.js"] {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[test]
    fn a_folder_without_a_page_says_how_to_build_one() {
        let folder = tempfile::tempdir().unwrap();
        let error = Bundle::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("build the UI first"), "{error}");
        let error = Bundle::load(&folder.path().join("none")).unwrap_err().to_string();
        assert!(error.contains("build the UI first"), "{error}");
    }

    #[test]
    fn a_symbolic_link_out_of_the_folder_is_not_served() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("hostname.txt")).unwrap();
        assert!(Bundle::load(folder.path()).unwrap().file("hostname.txt").is_none());
    }
}
