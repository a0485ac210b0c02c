//! The origin of plugins' pages.

use anyhow::bail;
use hardie_domain::host::host_of;

/// As [`read`]; of another host than the public address, for browsers send cookies to every port of a host.
pub fn checked(text: &str, public_url: &str) -> anyhow::Result<String> {
    let origin = read(text)?;
    match host_of(&origin).eq_ignore_ascii_case(host_of(public_url)) {
        true => bail!("plugin-web-origin = {text:?} must have another host than public-url: plugins' pages would share its cookies"),
        false => Ok(origin),
    }
}

/// An origin in the form in which browsers write it, `scheme://host[:port]`.
pub fn read(text: &str) -> anyhow::Result<String> {
    let origin = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let host = ["http://", "https://"].iter().find_map(|scheme| origin.strip_prefix(scheme)).unwrap_or_default();
    let is_authority = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    if host.is_empty() || !host.bytes().all(is_authority) {
        bail!("plugin-web-origin = {text:?} must be http:// or https://, a host and perhaps a port, such as https://plugins.example.org");
    }
    let default = if origin.starts_with("https://") { ":443" } else { ":80" };
    Ok(origin.strip_suffix(default).map(str::to_owned).unwrap_or(origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_host_of_its_own_in_one_form() {
        let public = "https://git.example.org/forge";
        let read = |text: &str| checked(text, public);
        assert_eq!(read("HTTPS://Plugins.Example.org:443/").unwrap(), "https://plugins.example.org");
        assert_eq!(read("http://plugins.example.org:8081").unwrap(), "http://plugins.example.org:8081");
        for bad in [
            "plugins.example.org",
            "https://",
            "https://plugins.example.org/path",
            "https://plugins.example.org?x",
            "https://ann@plugins.example.org",
            "https://plugins.example.org; script-src *",
            "ftp://plugins.example.org",
            "https://git.example.org",
            "https://GIT.example.org:8443",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
