//! The compressed forms of the web bundle, made once at build time: `hardie web` hands them out as they are.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// What compresses well; pictures do not.
const KINDS: [&str; 5] = ["html", "js", "css", "wasm", "svg"];
/// Brotli's best, and a window that holds the whole bundle (RFC 7932, section 9.1).
const QUALITY: u32 = 11;
const WINDOW_BITS: u32 = 22;
const BUFFER: usize = 1 << 16;

/// Writes `x.br` and `x.gz` beside each `x`.
pub fn bundle(dist: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(dist).with_context(|| format!("{} cannot be read", dist.display()))? {
        let path = entry?.path();
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or("");
        if KINDS.contains(&kind) {
            let plain = fs::read(&path)?;
            fs::write(beside(&path, "br"), brotli(&plain)?)?;
            fs::write(beside(&path, "gz"), gzip(&plain)?)?;
        }
    }
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn brotli(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), BUFFER, QUALITY, WINDOW_BITS);
    writer.write_all(plain)?;
    writer.flush()?;
    Ok(writer.into_inner())
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(plain)?;
    writer.finish()
}
