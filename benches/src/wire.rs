//! Requests of git's protocol, built by hand (gitprotocol-v2(5), gitprotocol-pack(5)).

/// After the first command of a push.
const CAPABILITIES: &str = "\0 report-status side-band-64k object-format=sha1 agent=git/2.47.3";

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

/// `fetch` of one id by somebody who has others, or nothing; `more` are further arguments such as `deepen 1`.
pub fn fetch(want: &str, haves: &[&str], more: &[&str]) -> Vec<u8> {
    let mut body = line("command=fetch");
    body.extend(line("agent=git/2.47.3"));
    body.extend(line("object-format=sha1"));
    body.extend(b"0001");
    for argument in ["thin-pack", "no-progress", "ofs-delta"].iter().chain(more) {
        body.extend(line(argument));
    }
    body.extend(line(&format!("want {want}\n")));
    for have in haves {
        body.extend(line(&format!("have {have}\n")));
    }
    body.extend(line("done\n"));
    body.extend(b"0000");
    body
}

/// The commands of a push of one ref, followed by its pack.
pub fn push(old: &str, new: &str, name: &str, pack: &[u8]) -> Vec<u8> {
    let mut body = line(&format!("{old} {new} {name}{CAPABILITIES}"));
    body.extend(b"0000");
    body.extend_from_slice(pack);
    body
}

/// The commands that make branches of commits that the repository has, with the empty pack that such a push carries.
pub fn create(refs: &[(&str, &str)]) -> Vec<u8> {
    const NOTHING: &str = "0000000000000000000000000000000000000000";
    let mut body = Vec::new();
    for (number, (id, name)) in refs.iter().enumerate() {
        let capabilities = if number == 0 { CAPABILITIES } else { "" };
        body.extend(line(&format!("{NOTHING} {id} {name}{capabilities}")));
    }
    body.extend(b"0000PACK\0\0\0\x02\0\0\0\0");
    // The hash of a pack of nothing.
    body.extend(b"\x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e");
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
