//! Addresses with a password in them (`scheme://user:password@host`, `jdbc:sqlserver://host;password=…`), and JSON Web Tokens.

use crate::doubt;
use crate::found::{Effort, Found, is_word};

/// Bytes of user, password and host that are looked at.
const LENGTH: usize = 300;
/// Hosts that are nobody's.
const HARMLESS: &[&[u8]] =
    &[b"localhost", b"127.", b"[::1]", b"0.0.0.0", b"example.", b"host", b"db", b"server", b"proxy", b"postgres", b"mysql", b"redis"];

/// Whether the address whose `//` ends before `from` holds a password.
pub fn password(text: &[u8], from: usize) -> Option<Found> {
    let rest = text.get(from..)?;
    let rest = rest.get(..rest.len().min(LENGTH))?;
    let holds = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'-' | b'_' | b'~' | b'%' | b'!' | b'$' | b'&' | b'*' | b'+' | b'=' | b';' | b':' | b'@')
    };
    let authority = rest.get(..rest.iter().take_while(|byte| holds(byte)).count())?;
    if let Some(found) = setting(text, from, authority) {
        return Some(found);
    }
    let host_at = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority.get(..host_at)?.iter().position(|byte| *byte == b':')?;
    let (user, password, host) = (authority.get(..colon)?, authority.get(colon + 1..host_at)?, authority.get(host_at + 1..)?);
    let harmless = user == password || is_harmless_password(password) || host.is_empty() || is_harmless(host);
    (!harmless).then_some(Found { rule: "url-password", from: from + colon + 1, to: from + host_at })
}

/// A setting behind the host, as SQL Server has it. What it stands in may hold a slash, unlike an authority.
fn setting(text: &[u8], from: usize, authority: &[u8]) -> Option<Found> {
    let host = authority.split(|byte| *byte == b';').next().filter(|host| host.len() < authority.len())?;
    let rest = text.get(from..)?;
    let rest = rest.get(..rest.len().min(LENGTH))?;
    let rest = rest.get(..rest.iter().position(|byte| !byte.is_ascii_graphic() || b"\"'`<>".contains(byte)).unwrap_or(rest.len()))?;
    let mut at = 0;
    for part in rest.split(|byte| *byte == b';') {
        let name = part.iter().position(|byte| *byte == b'=').and_then(|equals| part.split_at_checked(equals + 1));
        if let Some((name, password)) = name
            && (name.eq_ignore_ascii_case(b"password=") || name.eq_ignore_ascii_case(b"pwd="))
        {
            let (from, to) = (from + at + name.len(), from + at + part.len());
            return (!is_harmless_password(password) && !is_harmless(host)).then_some(Found { rule: "url-password", from, to });
        }
        at += part.len() + 1;
    }
    None
}

fn is_harmless_password(password: &[u8]) -> bool {
    let common = [&b"pass"[..], b"pw", b"pwd", b"postgres", b"root", b"admin", b"guest", b"user"];
    password.len() < 6
        || common.iter().any(|word| password.eq_ignore_ascii_case(word))
        || doubt::is_stand_in(password)
        || password.iter().all(|byte| *byte == b'*' || *byte == b'.')
}

fn is_harmless(host: &[u8]) -> bool {
    let host = host.to_ascii_lowercase();
    let name = host.split(|byte| *byte == b':').next().unwrap_or(&host);
    let own = HARMLESS.iter().any(|harmless| match harmless.last() {
        Some(b'.') => name.starts_with(harmless) || name.windows(harmless.len()).any(|window| window == *harmless),
        _ => name == *harmless,
    });
    own || [&b".example"[..], b".test", b".invalid", b".local"].iter().any(|end| name.ends_with(end))
}

/// Whether the dot at `dot` stands between header and payload of a signed token. Both are JSON objects, so both begin with `eyJ`.
pub fn web_token(text: &[u8], dot: usize, effort: &mut Effort) -> Option<Found> {
    let part = |byte: &&u8| is_word(**byte) || **byte == b'-';
    let header = text.get(..dot)?.iter().rev().take(2000).take_while(part).count();
    let payload = text.get(dot + 1..)?.iter().take(6000).take_while(part).count();
    let signature = text.get(dot + payload + 1..)?.strip_prefix(b".")?.iter().take(2000).take_while(part).count();
    effort.spend(header + payload + signature, 60);
    let from = dot - header;
    let to = dot + 1 + payload + 1 + signature;
    let fits = text.get(from..dot)?.starts_with(b"eyJ") && header >= 12 && payload >= 12 && signature >= 20;
    // The sample of the documentation of half of all libraries: `"name":"John Doe"`.
    let sample = text.get(dot..to)?.windows(12).any(|window| window == b"IkpvaG4gRG9l");
    (fits && !sample && doubt::is_varied(text.get(to - signature..to)?)).then_some(Found { rule: "web-token", from, to })
}
