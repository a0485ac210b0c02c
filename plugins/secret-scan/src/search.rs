//! The search through everything that a push brings.

use std::collections::{BTreeMap, BTreeSet};

use hardie_plugin::glob::Glob;
use hardie_plugin::{Error, NewObject, Places, Push, Repository};

use crate::config::Config;
use crate::found::{Effort, Found};
use crate::older::Older;
use crate::reader::{Reader, Text};
use crate::scan::{self, Scanner};
use crate::shown::{self, Comments};
use crate::told::{Finding, Unread};
use crate::{ASIDE, EFFORT, MOST, OBJECTS, VERSIONS};

/// What a hit costs beside its length, as bytes: a text may hold nothing else.
const HIT: usize = 160;

/// Where it stands.
pub struct Search<'a> {
    config: &'a Config,
    push: &'a Push<'a>,
    repository: &'a Repository<'a>,
    allowed: Vec<Glob>,
    /// Fingerprints that are allowed, in small letters.
    prints: BTreeSet<String>,
    scanner: Scanner,
    effort: Effort,
    reader: Reader,
    older: Option<Older>,
    /// By path and fingerprint: which finding it is, `None` if it was there before.
    known: BTreeMap<(Vec<u8>, String), Option<usize>>,
    pub findings: Vec<Finding>,
    pub unread: Unread,
}

impl<'a> Search<'a> {
    /// For one push.
    pub fn new(config: &'a Config, push: &'a Push<'a>, repository: &'a Repository<'a>) -> Search<'a> {
        Search {
            config,
            push,
            repository,
            allowed: config.allow_paths.iter().map(|pattern| Glob::new(pattern)).collect(),
            prints: config.allow_fingerprints.iter().map(|print| print.to_ascii_lowercase()).collect(),
            scanner: Scanner::new(config.measure()),
            effort: Effort::new(EFFORT),
            reader: Reader::new(config.max_file),
            older: None,
            known: BTreeMap::new(),
            findings: Vec::new(),
            unread: Unread::default(),
        }
    }

    /// Looks through every new blob but those that were first found under a path that is not read; these are the answer.
    pub fn all(&mut self) -> Result<Vec<NewObject>, Error> {
        let mut aside = Vec::new();
        for (count, object) in self.repository.new_blobs().enumerate() {
            let object = object?;
            if self.is_allowed(&object.path) {
                match aside.len() < ASIDE {
                    true => aside.push(object),
                    false => self.unread.aside = true,
                }
                continue;
            }
            if count >= OBJECTS {
                self.unread.more = true;
            }
            if self.unread.more || !self.look(object)? {
                break;
            }
        }
        Ok(aside)
    }

    /// Looks through those that are also under a path that is read.
    pub fn elsewhere(&mut self, aside: Vec<NewObject>, places: &Places) -> Result<(), Error> {
        self.unread.aside |= !aside.is_empty() && !places.is_whole();
        for mut object in aside {
            let path =
                places.paths(&object.id).map(|(path, _)| path).filter(|path| !self.is_allowed(path)).max_by_key(|path| is_bare(path));
            let Some(path) = path else { continue };
            object.path = path.to_vec();
            if self.unread.more || !self.look(object)? {
                break;
            }
        }
        Ok(())
    }

    fn is_allowed(&self, path: &[u8]) -> bool {
        self.allowed.iter().any(|glob| glob.matches(path))
    }

    /// Looks through one blob. `false` if there is no sense in going on.
    fn look(&mut self, object: NewObject) -> Result<bool, Error> {
        let (text, whole) = match self.reader.read(self.repository, &object.id, object.size)? {
            Text::Some(text, whole) => (text, whole),
            Text::Binary => return Ok(true),
            Text::Spent => {
                self.unread.more = true;
                return Ok(false);
            }
        };
        let Search { prints, scanner, effort, config, push, repository, older, reader, known, findings, .. } = self;
        let (mut comments, mut failed) = (Comments::new(&text), None);
        let counts = |hit: &Found, effort: &mut Effort| {
            if config.allow_rules.iter().any(|rule| rule == hit.rule) || comments.allow(hit.from, effort) {
                return false;
            }
            let secret = text.get(hit.from..hit.to).unwrap_or_default();
            effort.spend(HIT + secret.len() + object.path.len(), 10);
            let print = shown::fingerprint(secret);
            if prints.contains(&print) || prints.contains(shown::short(&print, secret)) {
                return false;
            }
            let slot = match known.entry((object.path.clone(), print)) {
                std::collections::btree_map::Entry::Vacant(slot) => slot,
                std::collections::btree_map::Entry::Occupied(finding) => {
                    let finding = finding.get().and_then(|at| findings.get_mut(at));
                    if let Some(finding) = finding.filter(|finding| finding.objects.len() < VERSIONS) {
                        finding.objects.push(object.clone());
                    }
                    return false;
                }
            };
            match had(older, push, repository, reader, &object.path, secret, effort) {
                Ok(had) => {
                    slot.insert(None);
                    !had
                }
                Err(error) => {
                    failed = Some(error);
                    false
                }
            }
        };
        let found = scanner.scan(&text, is_bare(&object.path), effort, counts);
        if let Some(error) = failed {
            return Err(error);
        }
        let Some(found) = found else {
            self.unread.more = true;
            return Ok(false);
        };
        if !whole || found.len() >= scan::MOST {
            self.unread.in_part.push(String::from_utf8_lossy(&object.path).into_owned());
        }
        let mut shut = 0;
        for hit in &found {
            let secret = text.get(hit.from..hit.to).unwrap_or_default();
            let Some(shown) = shown::shown(&text, hit, shut) else { continue };
            shut = hit.to;
            self.known.insert((object.path.clone(), shown::fingerprint(secret)), Some(self.findings.len()));
            self.findings.push(Finding { objects: vec![object.clone()], rule: hit.rule, shown });
        }
        Ok(self.findings.len() < MOST)
    }
}

fn had(
    older: &mut Option<Older>,
    push: &Push<'_>,
    repository: &Repository<'_>,
    reader: &mut Reader,
    path: &[u8],
    secret: &[u8],
    effort: &mut Effort,
) -> Result<bool, Error> {
    let older = match older {
        Some(older) => older,
        None => older.insert(Older::new(push, repository)?),
    };
    older.had(repository, reader, path, secret, effort)
}

/// Whether values need no quotes in such a file.
fn is_bare(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path).to_ascii_lowercase();
    let endings = [
        ".env",
        ".ini",
        ".properties",
        ".conf",
        ".cfg",
        ".cnf",
        ".yml",
        ".yaml",
        ".tfvars",
        ".xml",
        ".plist",
        ".sh",
        ".bash",
        ".zsh",
        ".envrc",
    ];
    let names = ["dockerfile", "credentials", ".netrc", ".npmrc", ".pypirc", ".pgpass", ".my.cnf"];
    endings.iter().any(|ending| name.ends_with(ending.as_bytes()))
        || name.starts_with(b".env")
        || names.iter().any(|known| name == known.as_bytes())
}
