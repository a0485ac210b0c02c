//! Requests of git's protocol, built by hand (gitprotocol-v2(5), gitprotocol-pack(5)).

/// One pkt-line.
pub fn line(text: &str) -> Vec<u8> {
    format!("{:04x}{text}", text.len() + 4).into_bytes()
}

/// `ls-refs` as a clone sends it.
pub fn ls_refs() -> Vec<u8> {
    let mut body = line("command=ls-refs\n");
    body.extend(line("agent=git/2.47.3"));
    body.extend(line("object-format=sha1"));
    body.extend(b"0001");
    for argument in ["peel\n", "symrefs\n", "unborn\n", "ref-prefix refs/heads/\n", "ref-prefix refs/tags/\n", "ref-prefix HEAD\n"] {
        body.extend(line(argument));
    }
    body.extend(b"0000");
    body
}

/// `fetch` of one id by somebody who has another.
pub fn fetch(want: &str, have: &str) -> Vec<u8> {
    let mut body = line("command=fetch");
    body.extend(line("agent=git/2.47.3"));
    body.extend(line("object-format=sha1"));
    body.extend(b"0001");
    for argument in ["thin-pack", "no-progress", "ofs-delta"] {
        body.extend(line(argument));
    }
    body.extend(line(&format!("want {want}\n")));
    body.extend(line(&format!("have {have}\n")));
    body.extend(line("done\n"));
    body.extend(b"0000");
    body
}

/// The commands of a push of one ref, followed by its pack.
pub fn push(old: &str, new: &str, name: &str, pack: &[u8]) -> Vec<u8> {
    let mut body = line(&format!("{old} {new} {name}\0 report-status side-band-64k object-format=sha1 agent=git/2.47.3"));
    body.extend(b"0000");
    body.extend_from_slice(pack);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_itself() {
        assert_eq!(line("done\n"), b"0009done\n");
    }
}
