//! The compressed forms of the web bundle, made once at build time: `hardie web` hands them out as they are.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// What compresses well; pictures do not.
const KINDS: [&str; 5] = ["html", "js", "css", "wasm", "svg"];
/// Brotli's best, and a window and blocks that hold any file whole (RFC 7932, section 9.1).
const QUALITY: i32 = 11;
const WINDOW_BITS: i32 = 22;

/// Writes `x.br` and `x.gz` beside each `x`.
pub fn bundle(dist: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(dist).with_context(|| format!("{} cannot be read", dist.display()))? {
        let path = entry?.path();
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or("");
        if KINDS.contains(&kind) {
            let mut plain = fs::read(&path)?;
            if let Some(shorter) = shortened(&plain, kind) {
                fs::write(&path, &shorter)?;
                plain = shorter;
            }
            fs::write(beside(&path, "br"), brotli(&plain)?)?;
            fs::write(beside(&path, "gz"), gzip(&plain)?)?;
        }
    }
    Ok(())
}

/// What no browser needs is left out: custom sections of wasm (names of functions, who made it; WebAssembly core specification 5.5.3),
/// the indentation and comments of the script that wasm-bindgen writes. `None` for what is not to be touched.
fn shortened(plain: &[u8], kind: &str) -> Option<Vec<u8>> {
    match kind {
        "wasm" => without_custom_sections(plain),
        // A line within a text of several lines would not be the same without its indentation.
        "js" => {
            std::str::from_utf8(plain).ok().filter(|text| text.lines().all(|line| line.matches('`').count() % 2 == 0)).and_then(unindented)
        }
        _ => None,
    }
}

fn without_custom_sections(wasm: &[u8]) -> Option<Vec<u8>> {
    let mut out = wasm.get(..8)?.to_vec();
    let mut rest = wasm.get(8..)?;
    while let Some(id) = rest.first() {
        let digits = rest.iter().skip(1).take(5).position(|byte| byte & 0x80 == 0)? + 1;
        let size = rest.get(1..=digits)?.iter().rev().fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
        let (section, later) = rest.split_at_checked(1 + digits + size)?;
        if *id != 0 {
            out.extend_from_slice(section);
        }
        rest = later;
    }
    Some(out)
}

fn unindented(text: &str) -> Option<Vec<u8>> {
    let mut out = String::with_capacity(text.len());
    let mut in_comment = false;
    for line in text.lines().map(str::trim_start) {
        in_comment |= line.starts_with("/**");
        let code = match (in_comment, line.split_once("*/")) {
            (true, None) => "",
            (true, Some((_, code))) => code,
            (false, _) => line,
        };
        in_comment &= !line.contains("*/");
        if !code.is_empty() {
            out.push_str(code);
            out.push('\n');
        }
    }
    // What was taken for a comment was none.
    (!in_comment).then(|| out.into_bytes())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn brotli(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: QUALITY,
        lgwin: WINDOW_BITS,
        lgblock: WINDOW_BITS,
        size_hint: plain.len(),
        ..brotli::enc::BrotliEncoderParams::default()
    };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*plain, &mut out, &parameters)?;
    Ok(out)
}

fn gzip(plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(plain)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_browser_needs_is_left_out() {
        let wasm = b"\0asm\x01\0\0\0\x01\x02ab\0\x05\x04name\x0a\x01c";
        assert_eq!(shortened(wasm, "wasm").unwrap(), b"\0asm\x01\0\0\0\x01\x02ab\x0a\x01c");
        assert_eq!(shortened(&wasm[..wasm.len() - 1], "wasm"), None, "cut off");
        let script = "/**\n * @returns {number}\n */\nfunction a() {\n    return `b`;\n}\n";
        assert_eq!(shortened(script.as_bytes(), "js").unwrap(), b"function a() {\nreturn `b`;\n}\n");
        assert_eq!(shortened(b"/** @license */a();\n", "js").unwrap(), b"a();\n");
        assert_eq!(shortened(b"a();\n/** b();\n", "js"), None);
        assert_eq!(shortened(b"a = `\n  b`;\n", "js"), None);
        assert_eq!(shortened(b"a { b: c }", "css"), None);
    }
}
