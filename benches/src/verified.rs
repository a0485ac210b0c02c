//! Whether an answer is worth what it cost: git indexes its pack with all checks, and it holds what git itself would send.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use crate::children::{self, command};

/// The line before the pack (gitprotocol-v2(5), "fetch").
const PACKFILE: &[u8] = b"packfile\n";

/// Compares two answers to one fetch of version 2. `source` is the repository that both were filled from: thin packs lean on it.
pub fn same(name: &str, mine: &[u8], theirs: &[u8], source: &Path) -> anyhow::Result<()> {
    let (mine, theirs) = (sent(mine, source)?, sent(theirs, source)?);
    let lacking = theirs.difference(&mine).count();
    ensure!(lacking == 0, "{name}: {lacking} of the {} objects that git sends are not sent", theirs.len());
    let more = mine.len().saturating_sub(theirs.len());
    ensure!(more * 10 <= theirs.len() + 10, "{name}: {} objects are sent where git sends {}", mine.len(), theirs.len());
    Ok(())
}

/// The objects of an answer's pack, which git finds whole.
fn sent(answer: &[u8], source: &Path) -> anyhow::Result<BTreeSet<String>> {
    let pack = pack(answer)?;
    let count = pack.get(8..12).and_then(|count| count.try_into().ok()).map(u32::from_be_bytes).context("no pack")?;
    let scratch = tempfile::tempdir()?;
    let bare = scratch.path().join("bare.git");
    children::output(command("git", scratch.path()).args(["init", "--quiet", "--bare"]).arg(&bare))?;
    std::fs::write(bare.join("objects/info/alternates"), format!("{}\n", source.join("objects").display()))?;
    let file = scratch.path().join("pack");
    std::fs::write(&file, &pack)?;
    let mut index = command("git", scratch.path());
    index.current_dir(&bare).args(["index-pack", "--stdin", "--fix-thin", "--strict"]).stdin(Stdio::from(std::fs::File::open(&file)?));
    let said = children::text(&mut index)?;
    let hash = said.strip_prefix("pack\t").with_context(|| format!("git index-pack said {said:?}"))?;
    let idx = std::fs::File::open(bare.join(format!("objects/pack/pack-{hash}.idx")))?;
    let list = children::text(command("git", scratch.path()).arg("show-index").stdin(Stdio::from(idx)))?;
    let mut entries: Vec<(u64, &str)> = list.lines().filter_map(entry).collect();
    // Bases that a thin pack lacked were appended.
    entries.sort_unstable();
    entries.truncate(count as usize);
    ensure!(entries.len() == count as usize, "the pack says {count} objects, its index {}", entries.len());
    Ok(entries.into_iter().map(|(_, id)| id.to_owned()).collect())
}

fn entry(line: &str) -> Option<(u64, &str)> {
    let mut words = line.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?))
}

/// The content of the first side-band after the sections.
fn pack(answer: &[u8]) -> anyhow::Result<Vec<u8>> {
    let (mut rest, mut pack, mut begun) = (answer, Vec::new(), false);
    while let Some((digits, after)) = rest.split_at_checked(4) {
        let length = usize::from_str_radix(std::str::from_utf8(digits)?, 16)?;
        let (packet, after) = after.split_at_checked(length.saturating_sub(4)).context("a packet is cut off")?;
        rest = after;
        match packet.split_first() {
            Some((1, bytes)) if begun => pack.extend_from_slice(bytes),
            Some((3, text)) if begun => anyhow::bail!("an error in the answer: {}", String::from_utf8_lossy(text)),
            _ => begun |= packet == PACKFILE,
        }
    }
    Ok(pack)
}

#[cfg(test)]
mod tests {
    use super::pack;

    #[test]
    fn a_pack_is_what_follows_its_section_in_the_first_band() {
        let answer = b"0008NAK\n0001000dpackfile\n0007\x02hi0008\x01PAC0006\x01K0000";
        assert_eq!(pack(answer).unwrap(), b"PACK");
        assert!(pack(b"000dpackfile\n0008\x03sad").is_err());
        assert!(pack(b"000dpackfile\n00ff\x01PAC").is_err());
    }
}
