//! Takes the signature of a commit or tag and the bytes that it is about apart, as git does (commit.c, gpg-interface.c).

use hardie_domain::plugin::Signed;

use super::parse::body;
use crate::signature;

/// The most bytes of a signature that is looked at; those of `gpg` and `ssh-keygen` have a few hundred to some thousand.
const MOST_SIGNATURE: usize = 32 << 10;
/// The most bytes of what is signed.
const MOST_PAYLOAD: usize = 1 << 20;

/// The signature in a commit's header. Lines of a second one are in neither part, so a commit with two is signed by the first alone if at
/// all.
pub fn commit(data: &[u8]) -> Option<Signed> {
    let message = body(data);
    let header = data.get(..data.len() - message.len()).unwrap_or_default();
    if !header.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"gpgsig ")) {
        return None;
    }
    let mut signed = Signed::default();
    // What the lines that begin with a space belong to.
    let mut folded = Part::Payload;
    let mut seen = false;
    for line in header.split_inclusive(|byte| *byte == b'\n') {
        folded = match line.first() {
            Some(b' ') => folded,
            _ if line.starts_with(b"gpgsig ") && !seen => Part::Signature,
            _ if line.starts_with(b"gpgsig") => Part::Neither,
            _ => Part::Payload,
        };
        match folded {
            Part::Signature => {
                let text = if seen { line.get(1..) } else { line.get(b"gpgsig ".len()..) };
                signed.signature.extend_from_slice(text.unwrap_or_default());
                seen = true;
            }
            Part::Payload => signed.payload.extend_from_slice(line),
            Part::Neither => {}
        }
    }
    if signed.payload.len() + message.len() > MOST_PAYLOAD {
        return Some(Signed::default());
    }
    signed.payload.extend_from_slice(message);
    Some(bounded(signed))
}

/// The signature at the end of a tag's message.
pub fn tag(data: &[u8]) -> Option<Signed> {
    let mut at = 0;
    let mut begins = None;
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if signature::begins(line) {
            begins = Some(at);
        }
        at += line.len();
    }
    let (payload, signature) = data.split_at_checked(begins?)?;
    if payload.len() > MOST_PAYLOAD || signature.len() > MOST_SIGNATURE {
        return Some(Signed::default());
    }
    Some(Signed { signature: signature.to_vec(), payload: payload.to_vec() })
}

#[derive(Clone, Copy)]
enum Part {
    Signature,
    Payload,
    Neither,
}

fn bounded(signed: Signed) -> Signed {
    match signed.signature.len() > MOST_SIGNATURE {
        true => Signed::default(),
        false => signed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";

    #[test]
    fn a_commit_without_its_signature_is_what_was_signed() {
        let data = format!("tree 1\nauthor a\ngpgsig {BEGIN}\n abc\n \n def\nencoding x\n\ngpgsig no header\n\nbody\n");
        let signed = commit(data.as_bytes()).unwrap();
        assert_eq!(signed.signature, format!("{BEGIN}\nabc\n\ndef\n").into_bytes());
        assert_eq!(signed.payload, b"tree 1\nauthor a\nencoding x\n\ngpgsig no header\n\nbody\n");
        assert_eq!(commit(b"tree 1\n\ngpgsig x\n"), None);
        assert_eq!(commit(b"tree 1\ngpgsig-sha256 x\n y\n\nm"), None);
    }

    #[test]
    fn a_second_signature_is_in_neither_part() {
        let data = "tree 1\ngpgsig a\n b\ngpgsig-sha256 q\n r\ngpgsig c\n d\n\nm\n";
        let signed = commit(data.as_bytes()).unwrap();
        assert_eq!((signed.signature.as_slice(), signed.payload.as_slice()), (&b"a\nb\n"[..], &b"tree 1\n\nm\n"[..]));
    }

    #[test]
    fn what_is_too_long_is_signed_and_not_looked_at() {
        let long = format!("tree 1\ngpgsig {}\n\nm\n", "a".repeat(MOST_SIGNATURE + 1));
        assert_eq!(commit(long.as_bytes()), Some(Signed::default()));
        let long = format!("tree 1\ngpgsig a\n\n{}\n", "m".repeat(MOST_PAYLOAD));
        assert_eq!(commit(long.as_bytes()), Some(Signed::default()));
    }

    #[test]
    fn a_tags_signature_is_the_last_one_in_its_message() {
        let data = format!("object 1\n\ntext\n{BEGIN}\nfirst\n{BEGIN}\nlast\n");
        let signed = tag(data.as_bytes()).unwrap();
        assert_eq!(signed.signature, format!("{BEGIN}\nlast\n").into_bytes());
        assert!(signed.payload.ends_with(b"first\n"));
        assert_eq!(tag(b"object 1\n\n text -----BEGIN SSH SIGNATURE-----\n"), None);
    }
}
