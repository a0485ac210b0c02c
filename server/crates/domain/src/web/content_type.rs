//! What kind of data an answer may be. The type is written anew from what was understood of it, so that no parameter is read otherwise by a
//! browser (RFC 9110, section 8.3).

/// What a browser may show in the forge's own origin: nothing in it runs.
const SHOWN: &[&str] = &[
    "application/json",
    "application/problem+json",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
];
/// What it may keep as a file.
const DOWNLOADED: &[&str] = &[BYTES, "application/gzip", "application/pdf", "application/zip"];
/// Nothing is known of it.
const BYTES: &str = "application/octet-stream";

/// A type as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContentType {
    /// The header's value.
    pub(super) value: String,
    /// Whether it is a file to be kept, whatever the plugin says.
    pub(super) is_download: bool,
}

/// Reads a type. What is not known to be harmless is refused where the answer shares its origin with the forge.
pub(super) fn read(given: Option<&str>, has_own_origin: bool) -> Result<ContentType, String> {
    let Some(given) = given else { return Ok(ContentType { value: BYTES.to_owned(), is_download: true }) };
    let (essence, parameters) = given.split_once(';').unwrap_or((given, ""));
    let essence = essence.trim().to_ascii_lowercase();
    if !is_type(&essence) {
        return Err(format!("the content-type {given:?} is not one"));
    }
    let utf8 = parameters.split(';').all(|parameter| match parameter.trim().to_ascii_lowercase().split_once('=') {
        Some(("charset", charset)) => matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii"),
        _ => true,
    });
    if !utf8 {
        return Err(format!("the content-type {given:?} names a charset that is not UTF-8"));
    }
    let is_download = DOWNLOADED.contains(&essence.as_str());
    if essence.starts_with("multipart/") || !(has_own_origin || is_download || SHOWN.contains(&essence.as_str())) {
        return Err(format!(
            "the content-type {essence} is not served {}",
            if has_own_origin { "to browsers" } else { "from the forge's own origin: it needs plugin-web-origin" }
        ));
    }
    let is_text = essence.starts_with("text/") || essence.ends_with("+xml") || essence.ends_with("javascript");
    let value = if is_text { format!("{essence}; charset=utf-8") } else { essence };
    Ok(ContentType { value, is_download })
}

fn is_type(essence: &str) -> bool {
    let is_token = |part: &str| {
        (1..=64).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-' | b'_'))
    };
    essence.split_once('/').is_some_and(|(kind, of)| is_token(kind) && is_token(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_runs_shares_the_forges_origin() {
        for bad in [
            "text/html",
            "TEXT/HTML ; charset=utf-8",
            "text/xml",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/javascript",
            "application/javascript",
            "application/wasm",
            "text/css",
            "multipart/x-mixed-replace; boundary=x",
            "text/plain; charset=utf-7",
            "text/plain;charset=\"iso-2022-jp\"",
            "text/plain, text/html",
            "text/plain\ttext/html",
            "*/*",
            "text/",
            "text",
            "",
        ] {
            assert!(read(Some(bad), false).is_err(), "{bad}");
        }
        let value = |given| read(Some(given), false).unwrap().value;
        assert_eq!(value("text/plain; charset=UTF-8; x=text/html"), "text/plain; charset=utf-8");
        assert_eq!((value("Application/JSON").as_str(), value("image/png").as_str()), ("application/json", "image/png"));
        assert!(read(None, false).unwrap().is_download && read(Some("application/pdf"), false).unwrap().is_download);
    }

    #[test]
    fn an_origin_of_its_own_serves_pages() {
        assert_eq!(read(Some("text/html"), true).unwrap().value, "text/html; charset=utf-8");
        assert_eq!(read(Some("image/svg+xml"), true).unwrap().value, "image/svg+xml; charset=utf-8");
        assert!(read(Some("multipart/mixed; boundary=x"), true).is_err() && read(Some("text/html; charset=utf-16"), true).is_err());
    }
}
