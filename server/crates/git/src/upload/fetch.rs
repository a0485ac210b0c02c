//! What a fetch asks for, in any version, and the answer of version 2 (gitprotocol-v2, "fetch").

use std::collections::{BTreeMap, HashSet};

use bytes::BytesMut;
use hardie_domain::limits::GitLimits;
use hardie_domain::oid::Oid;

use super::Next;
use super::error::UploadError;
use super::filter::Filter;
use super::objects::{Cut, Deepen, ObjectsError, PackRequest, ShallowUpdate, UploadObjects};
use super::sections::Sections;
use crate::wire::error::{WireError, printable};
use crate::wire::refs::Refs;

/// The arguments of one fetch.
#[derive(Debug, Default)]
pub struct FetchArgs {
    pub(super) wants: Vec<Oid>,
    wanted: HashSet<Oid>,
    /// Refs wanted by name, and what they are.
    want_refs: BTreeMap<Vec<u8>, Oid>,
    haves: Vec<Oid>,
    seen_haves: bool,
    shallow: Vec<Oid>,
    depth: Option<u32>,
    since: Option<i64>,
    not: Vec<Oid>,
    pub(super) relative: bool,
    filter: Option<Filter>,
    pub(super) thin: bool,
    pub(super) ofs_delta: bool,
    pub(super) include_tag: bool,
    pub(super) no_progress: bool,
    done: bool,
    wait_for_done: bool,
    sideband_all: bool,
}

/// The client's boundary, and how it changes.
#[derive(Debug, Default)]
pub struct Boundary {
    /// What the client declared and the server knows.
    pub client: Vec<Oid>,
    /// Present if the client asked to move it.
    pub update: Option<ShallowUpdate>,
}

impl FetchArgs {
    /// Takes one argument line of version 2.
    pub fn take_v2(&mut self, line: &[u8], refs: &Refs, limits: &GitLimits) -> Result<(), WireError> {
        match line {
            b"thin-pack" => self.thin = true,
            b"ofs-delta" => self.ofs_delta = true,
            b"no-progress" => self.no_progress = true,
            b"include-tag" => self.include_tag = true,
            b"deepen-relative" => self.relative = true,
            b"done" => self.done = true,
            b"wait-for-done" => self.wait_for_done = true,
            b"sideband-all" => self.sideband_all = true,
            _ => {
                if let Some(hex) = line.strip_prefix(b"want ") {
                    self.add_want(object_id("want", hex)?, limits)?;
                } else if let Some(name) = line.strip_prefix(b"want-ref ") {
                    self.add_want_ref(name, refs, limits)?;
                } else if let Some(hex) = line.strip_prefix(b"have ") {
                    self.seen_haves = true;
                    self.add_have(object_id("have", hex)?, limits)?;
                } else if let Some(spec) = line.strip_prefix(b"filter ") {
                    self.set_filter(spec)?;
                } else if !self.take_shallow(line, refs, limits)? {
                    return Err(WireError::unexpected("an argument of fetch", line));
                }
            }
        }
        Ok(())
    }

    /// Takes `shallow` and `deepen…` lines, which all versions write alike; false if it is something else.
    pub fn take_shallow(&mut self, line: &[u8], refs: &Refs, limits: &GitLimits) -> Result<bool, WireError> {
        if let Some(hex) = line.strip_prefix(b"shallow ") {
            bounded(self.shallow.len(), limits.haves, "'shallow' lines")?;
            self.shallow.push(object_id("shallow", hex)?);
        } else if let Some(depth) = line.strip_prefix(b"deepen ") {
            let depth = decimal(depth).filter(|d| *d > 0).ok_or_else(|| WireError::unexpected("a positive depth", depth))?;
            self.depth = Some(u32::try_from(depth).unwrap_or(Cut::INFINITE).min(Cut::INFINITE));
        } else if let Some(time) = line.strip_prefix(b"deepen-since ") {
            let since = decimal(time).and_then(|t| i64::try_from(t).ok()).filter(|t| *t > 0);
            self.since = Some(since.ok_or_else(|| WireError::unexpected("seconds since the epoch", time))?);
        } else if let Some(name) = line.strip_prefix(b"deepen-not ") {
            bounded(self.not.len(), limits.wants, "'deepen-not' lines")?;
            match refs.expand(name).as_slice() {
                [oid] => self.not.push(*oid),
                [] => return Err(WireError::Protocol(format!("deepen-not is not a ref: {}", printable(name)))),
                _ => return Err(WireError::Protocol(format!("ambiguous deepen-not: {}", printable(name)))),
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Adds a want once.
    pub fn add_want(&mut self, oid: Oid, limits: &GitLimits) -> Result<(), WireError> {
        bounded(self.wants.len(), limits.wants, "'want' lines in one request; fetch fewer refs at a time")?;
        if self.wanted.insert(oid) {
            self.wants.push(oid);
        }
        Ok(())
    }

    /// Adds a ref by its full name; one that is hidden and one that is not there look alike. `git fetch-pack` wants an id in the
    /// same words once it is told of `ref-in-want`, and reads it back so.
    fn add_want_ref(&mut self, name: &[u8], refs: &Refs, limits: &GitLimits) -> Result<(), WireError> {
        bounded(self.want_refs.len(), limits.wants, "'want-ref' lines in one request; fetch fewer refs at a time")?;
        let head = (name == b"HEAD").then_some(refs.head().oid).flatten();
        let Some(oid) = head.or_else(|| refs.find(name).map(|r| r.oid)).or_else(|| Oid::from_hex(name)) else {
            return Err(WireError::Protocol(format!("unknown ref {}", printable(name))));
        };
        if self.want_refs.insert(name.to_vec(), oid).is_some() {
            return Err(WireError::Protocol(format!("duplicate want-ref {}", printable(name))));
        }
        self.add_want(oid, limits)
    }

    fn add_have(&mut self, oid: Oid, limits: &GitLimits) -> Result<(), WireError> {
        check_haves(self.haves.len(), limits)?;
        self.haves.push(oid);
        Ok(())
    }

    /// Sets the one filter of a request.
    pub fn set_filter(&mut self, spec: &[u8]) -> Result<(), WireError> {
        if self.filter.is_some() {
            return Err(WireError::Protocol("more than one filter in one request; use combine:".to_owned()));
        }
        self.filter = Some(Filter::parse(spec).map_err(WireError::Protocol)?);
        Ok(())
    }

    /// Refuses combinations that have no meaning.
    pub fn check(&self) -> Result<(), WireError> {
        match self.depth.is_some() && (self.since.is_some() || !self.not.is_empty()) {
            true => Err(WireError::Protocol("deepen and deepen-since (or deepen-not) cannot be used together".to_owned())),
            false => Ok(()),
        }
    }

    /// Refuses wants that the client may not have.
    pub fn check_wants(&self, objects: &dyn UploadObjects) -> Result<(), UploadError> {
        self.wants.iter().try_for_each(|want| match objects.may_want(want)? {
            true => Ok(()),
            false => Err(UploadError::NotOurRef(*want)),
        })
    }

    /// Finds the client's new boundary.
    pub fn boundary(&self, objects: &dyn UploadObjects) -> Result<Boundary, ObjectsError> {
        let client = known(&self.shallow, objects)?;
        let cut = match self.depth {
            Some(Cut::INFINITE..) => {
                let update = ShallowUpdate { shallow: Vec::new(), unshallow: client.clone() };
                return Ok(Boundary { client, update: Some(update) });
            }
            Some(commits) => Cut::Depth { commits, relative: self.relative },
            None if self.since.is_some() || !self.not.is_empty() => Cut::Boundary { since: self.since, not: self.not.clone() },
            None => return Ok(Boundary { client, update: None }),
        };
        let mut update = objects.deepen(&Deepen { wants: self.wants.clone(), cut, client_shallow: client.clone() })?;
        // A client breaks on the "unshallow" of a commit that it never declared.
        let declared: HashSet<&Oid> = client.iter().collect();
        update.shallow.retain(|oid| !declared.contains(oid));
        update.unshallow.retain(|oid| declared.contains(oid));
        Ok(Boundary { client, update: Some(update) })
    }

    /// What the pack is made from.
    pub fn pack_request(self, common: Vec<Oid>, boundary: Boundary) -> PackRequest {
        let update = boundary.update.unwrap_or_default();
        PackRequest {
            wants: self.wants,
            common,
            client_shallow: boundary.client,
            new_shallow: update.shallow,
            unshallow: update.unshallow,
            filter: self.filter,
            thin: self.thin,
            ofs_delta: self.ofs_delta,
            include_tag: self.include_tag,
            progress: !self.no_progress,
        }
    }
}

impl Boundary {
    /// Appends `shallow` and `unshallow` lines.
    pub fn write(&self, lines: &mut Sections<'_>) {
        if let Some(update) = &self.update {
            update.shallow.iter().for_each(|oid| lines.line(&format!("shallow {oid}")));
            update.unshallow.iter().for_each(|oid| lines.line(&format!("unshallow {oid}")));
        }
    }
}

/// Answers a `fetch` of version 2: acknowledgments, then, when negotiation is over, the sections before the pack.
pub fn answer(args: FetchArgs, objects: &dyn UploadObjects, out: &mut BytesMut) -> Result<Next, UploadError> {
    if args.wants.is_empty() && !(args.wait_for_done && args.seen_haves) {
        return Ok(Next::Request);
    }
    args.check_wants(objects)?;
    let common = known(&args.haves, objects)?;
    let mut lines = Sections::new(out, args.sideband_all);
    if args.seen_haves && !args.done {
        lines.line("acknowledgments\n");
        if common.is_empty() {
            lines.line("NAK\n");
        }
        common.iter().for_each(|oid| lines.line(&format!("ACK {oid}\n")));
        if args.wait_for_done || common.is_empty() || !objects.is_ready(&args.wants, &common)? {
            lines.flush();
            return Ok(Next::Request);
        }
        lines.line("ready\n");
        lines.delimit();
    }
    if args.wants.is_empty() {
        return Ok(Next::Request);
    }
    let boundary = args.boundary(objects)?;
    if boundary.update.is_some() || !boundary.client.is_empty() {
        lines.line("shallow-info\n");
        boundary.write(&mut lines);
        lines.delimit();
    }
    if !args.want_refs.is_empty() {
        lines.line("wanted-refs\n");
        args.want_refs.iter().for_each(|(name, oid)| lines.named(&oid.to_hex(), name));
        lines.delimit();
    }
    lines.line("packfile\n");
    Ok(Next::Pack(Box::new(args.pack_request(common, boundary))))
}

/// Those of `oids` that the server knows and may speak of, once each, in order.
pub fn known(oids: &[Oid], objects: &dyn UploadObjects) -> Result<Vec<Oid>, ObjectsError> {
    let mut seen = HashSet::new();
    let mut known = Vec::new();
    for oid in oids {
        if seen.insert(*oid) && objects.is_common(oid)? {
            known.push(*oid);
        }
    }
    Ok(known)
}

/// Refuses one `have` too many.
pub fn check_haves(count: usize, limits: &GitLimits) -> Result<(), WireError> {
    bounded(count, limits.haves, "'have' lines in one request; name fewer with --negotiation-tip=<ref>")
}

/// Parses the id of a line such as `want ID`.
pub fn object_id(word: &str, hex: &[u8]) -> Result<Oid, WireError> {
    Oid::from_hex(hex).ok_or_else(|| WireError::bad_id(&format!("'{word}' and an object id of 40 hexadecimal digits"), hex))
}

/// Refuses one line too many.
pub fn bounded(count: usize, most: usize, what: &str) -> Result<(), WireError> {
    match count >= most {
        true => Err(WireError::Limit(format!("more than {most} {what}"))),
        false => Ok(()),
    }
}

/// Digits alone: `parse` would take a sign.
fn decimal(digits: &[u8]) -> Option<u64> {
    let plain = digits.iter().all(u8::is_ascii_digit);
    plain.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}
