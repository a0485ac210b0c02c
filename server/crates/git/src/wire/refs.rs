//! The refs that one client may see, as one immutable snapshot.

use std::sync::OnceLock;

use hardie_domain::oid::Oid;
use hardie_domain::refname::RefName;

use super::listing::{Listing, Style};

/// One ref as shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdvertisedRef {
    /// Its full name.
    pub name: RefName,
    /// What it points at.
    pub oid: Oid,
    /// What an annotated tag finally points at.
    pub peeled: Option<Oid>,
}

/// What HEAD is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The branch that it names, whether that exists or not.
    pub target: RefName,
    /// The branch's commit; `None` while it is unborn.
    pub oid: Option<Oid>,
}

/// All refs that one client may see. Share it by `Arc`.
#[derive(Debug)]
pub struct Refs {
    refs: Vec<AdvertisedRef>,
    head: Head,
    plain: OnceLock<Listing>,
    peeled: OnceLock<Listing>,
    legacy: OnceLock<Listing>,
    tips: OnceLock<Vec<Oid>>,
    tagged: OnceLock<Vec<(Oid, Oid)>>,
}

impl Refs {
    /// Takes refs in any order and sorts them bytewise by name; HEAD's commit is looked up among them.
    pub fn new(mut refs: Vec<AdvertisedRef>, head_target: RefName) -> Refs {
        if !refs.is_sorted_by(|a, b| a.name < b.name) {
            refs.sort_by(|a, b| a.name.cmp(&b.name));
            refs.dedup_by(|a, b| a.name == b.name);
        }
        let head = Head { target: head_target, oid: None };
        let (plain, peeled, legacy) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let mut refs = Refs { refs, head, plain, peeled, legacy, tips: OnceLock::new(), tagged: OnceLock::new() };
        refs.head.oid = refs.find(refs.head.target.as_bytes()).map(|r| r.oid);
        refs
    }

    /// The refs, sorted bytewise by name.
    pub fn all(&self) -> &[AdvertisedRef] {
        &self.refs
    }

    /// All refs as an answer has them; written at the first call, shared afterwards.
    pub fn listing(&self, style: Style) -> &Listing {
        let slot = match style {
            Style::Plain => &self.plain,
            Style::Peeled => &self.peeled,
            Style::Legacy => &self.legacy,
        };
        slot.get_or_init(|| Listing::new(&self.refs, style))
    }

    /// Whether a ref points at this object, or at a tag of it. Sorted at the first call, shared afterwards.
    pub fn is_tip(&self, id: &Oid) -> bool {
        let tips = self.tips.get_or_init(|| {
            let mut tips: Vec<Oid> = self.refs.iter().flat_map(|r| [Some(r.oid), r.peeled]).flatten().collect();
            tips.sort_unstable();
            tips.dedup();
            tips
        });
        tips.binary_search(id).is_ok()
    }

    /// Annotated tags, each behind what it points at, in the order of these.
    pub fn tags(&self) -> &[(Oid, Oid)] {
        self.tagged.get_or_init(|| {
            let tags = self.refs.get(self.below(b"refs/tags/")).unwrap_or_default();
            let mut tagged: Vec<(Oid, Oid)> = tags.iter().filter_map(|r| Some((r.peeled?, r.oid))).collect();
            tagged.sort_unstable();
            tagged
        })
    }

    /// The annotated tags below `refs/tags/` that finally point at this object. Sorted at the first call, shared afterwards.
    pub fn tags_of(&self, target: &Oid) -> impl Iterator<Item = Oid> + '_ {
        let tagged = self.tags();
        let start = tagged.partition_point(|(of, _)| of < target);
        let target = *target;
        tagged.iter().skip(start).take_while(move |(of, _)| *of == target).map(|(_, tag)| *tag)
    }

    /// HEAD.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The ref of exactly this name.
    pub fn find(&self, name: &[u8]) -> Option<&AdvertisedRef> {
        let at = self.refs.binary_search_by(|r| r.name.as_bytes().cmp(name)).ok()?;
        self.refs.get(at)
    }

    /// What a short or full name means to a person, by the rules of gitrevisions(7): as given, then below `refs/`,
    /// `refs/tags/`, `refs/heads/`; tags are peeled. More than one match means that the name is ambiguous.
    pub fn expand(&self, name: &[u8]) -> Vec<Oid> {
        let head = (name == b"HEAD").then_some(self.head.oid).flatten();
        let named = [&b""[..], b"refs/", b"refs/tags/", b"refs/heads/"].into_iter();
        head.into_iter().chain(named.filter_map(|prefix| self.find(&[prefix, name].concat()).map(|r| r.peeled.unwrap_or(r.oid)))).collect()
    }

    /// The text of a `packed-refs` file (gitrepository-layout(5)).
    pub fn packed(&self) -> Vec<u8> {
        let mut text = b"# pack-refs with: peeled fully-peeled sorted \n".to_vec();
        for r in &self.refs {
            text.extend_from_slice(format!("{} ", r.oid).as_bytes());
            text.extend_from_slice(r.name.as_bytes());
            text.push(b'\n');
            if let Some(peeled) = r.peeled {
                text.extend_from_slice(format!("^{peeled}\n").as_bytes());
            }
        }
        text
    }

    /// The positions of all refs whose name begins with `prefix`.
    pub fn below(&self, prefix: &[u8]) -> std::ops::Range<usize> {
        let start = self.refs.partition_point(|r| r.name.as_bytes() < prefix);
        let rest = self.refs.get(start..).unwrap_or_default();
        start..start + rest.partition_point(|r| r.name.as_bytes().starts_with(prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refs() -> Refs {
        let names = ["refs/tags/v1", "refs/heads/main", "refs/heads/v1", "refs/heads/a", "refs/headsx/b"];
        let make = |(i, name): (usize, &&str)| AdvertisedRef {
            name: RefName::parse(name.as_bytes()).unwrap(),
            oid: Oid([i as u8 + 1; 20]),
            peeled: None,
        };
        Refs::new(names.iter().enumerate().map(make).collect(), RefName::branch("main").unwrap())
    }

    #[test]
    fn refs_are_sorted_and_head_is_found() {
        let refs = refs();
        assert!(refs.all().is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(refs.head().oid, Some(Oid([2; 20])));
        let below: Vec<_> = refs.all()[refs.below(b"refs/heads/")].iter().map(|r| r.name.to_string()).collect();
        assert_eq!(below, ["refs/heads/a", "refs/heads/main", "refs/heads/v1"]);
        assert_eq!(refs.below(b"").len(), 5);
        assert!(refs.below(b"refs/zzz").is_empty());
    }

    #[test]
    fn tags_are_found_by_what_they_point_at() {
        let tag = |name: &str, oid: u8, peeled: Option<u8>| AdvertisedRef {
            name: RefName::parse(name.as_bytes()).unwrap(),
            oid: Oid([oid; 20]),
            peeled: peeled.map(|p| Oid([p; 20])),
        };
        let all = [("refs/heads/x", 9, Some(1)), ("refs/tags/a", 7, Some(1)), ("refs/tags/b", 1, None), ("refs/tags/c", 6, Some(1))];
        let refs = Refs::new(all.map(|(name, oid, peeled)| tag(name, oid, peeled)).to_vec(), RefName::branch("main").unwrap());
        assert_eq!(refs.tags_of(&Oid([1; 20])).collect::<Vec<_>>(), [Oid([6; 20]), Oid([7; 20])]);
        assert_eq!(refs.tags_of(&Oid([2; 20])).count(), 0);
        assert!([1, 6, 7, 9].iter().all(|n| refs.is_tip(&Oid([*n; 20]))) && !refs.is_tip(&Oid([2; 20])));
    }

    #[test]
    fn short_names_expand_and_ambiguity_shows() {
        let refs = refs();
        assert_eq!(refs.expand(b"main"), [Oid([2; 20])]);
        assert_eq!(refs.expand(b"refs/heads/main"), [Oid([2; 20])]);
        assert_eq!(refs.expand(b"HEAD"), [Oid([2; 20])]);
        assert_eq!(refs.expand(b"v1").len(), 2);
        assert!(refs.expand(b"nothing").is_empty());
    }
}
