//! The style sheets of the web bundle as one file: each is written for itself, and all are needed by the first page.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Before the name of a file in the page that Trunk has made.
const FOLDER: &str = "/-/ui/";

/// Puts the content of all sheets that `index.html` links into one, in their order, under a name that is made from it.
pub fn join(dist: &Path) -> anyhow::Result<()> {
    let index = dist.join("index.html");
    let page = fs::read_to_string(&index).with_context(|| format!("{} cannot be read", index.display()))?;
    let links = links(&page);
    let mut sheet = String::new();
    for link in &links {
        sheet.push_str(&fs::read_to_string(dist.join(link.file)).with_context(|| format!("the style sheet {} cannot be read", link.file))?);
    }
    let Some(first) = links.first().filter(|_| links.len() > 1) else { return Ok(()) };
    let name = format!("styles-{:016x}.css", fnv(sheet.as_bytes()));
    let mut joined = page.clone();
    for link in links.iter().skip(1) {
        joined = joined.replacen(link.tag, "", 1);
    }
    let joined = joined.replacen(first.tag, &first.tag.replace(first.file, &name), 1);
    fs::write(dist.join(&name), sheet)?;
    fs::write(&index, joined)?;
    links.iter().try_for_each(|link| Ok(fs::remove_file(dist.join(link.file))?))
}

struct Link<'a> {
    tag: &'a str,
    file: &'a str,
}

fn links(page: &str) -> Vec<Link<'_>> {
    let tags = page.match_indices("<link ").filter_map(|(at, _)| page.get(at..)?.split_inclusive('>').next());
    let sheets = tags.filter(|tag| tag.contains("stylesheet"));
    sheets.filter_map(|tag| Some(Link { tag, file: tag.split(FOLDER).nth(1)?.split(['"', '\'', ' ', '>']).next()? })).collect()
}

/// A name changes with what it names: FNV-1a, 64 bits.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn sheets_become_one_in_their_order() {
        let dist = tempfile::tempdir().unwrap();
        let at = |name: &str| dist.path().join(name);
        std::fs::write(at("a-1.css"), "a{}").unwrap();
        std::fs::write(at("b-2.css"), "b{}").unwrap();
        let page = "<html><link href=/-/ui/icon.svg rel=icon><link href=/-/ui/a-1.css rel=stylesheet>\
                    <link rel=\"stylesheet\" href=\"/-/ui/b-2.css\"><p>x";
        std::fs::write(at("index.html"), page).unwrap();
        join(dist.path()).unwrap();
        let made = std::fs::read_to_string(at("index.html")).unwrap();
        let name = made.split("/-/ui/").nth(2).unwrap().split(' ').next().unwrap();
        assert_eq!(made, format!("<html><link href=/-/ui/icon.svg rel=icon><link href=/-/ui/{name} rel=stylesheet><p>x"));
        assert_eq!(std::fs::read_to_string(at(name)).unwrap(), "a{}b{}");
        assert!(!at("a-1.css").exists() && !at("b-2.css").exists());
        join(dist.path()).unwrap();
        assert_eq!(std::fs::read_to_string(at("index.html")).unwrap(), made, "one is left alone");
    }
}
