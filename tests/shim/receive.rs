//! Pushes: drives the state machine of `hardie_git::receive`, ingest and connectivity, then moves the plain repository's refs.

use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

use hardie_domain::push::{RefOutcome, RefUpdate};
use hardie_git::ingest::{Base, Ingested, ingest};
use hardie_git::receive::{self, PushRequest, Receive, ReceiveAction};
use hardie_git::wire::Refs;
use hardie_git::{Budget, Cancel, Oid, connectivity};

use crate::hooks::Hooks;
use crate::repository::{Incoming, Objects, Repository, limits};
use crate::rules::Rules;
use crate::{Call, chunk, died, send, without_service};

/// Objects of a pack from which on it is kept as it is, as `transfer.unpackLimit` has it.
const KEPT_WHOLE: u32 = 100;

/// What became of every update, in the order of the push.
type Outcomes = Vec<(RefUpdate, RefOutcome)>;

/// Serves one push.
pub fn serve(repo: &Repository, call: Call) -> anyhow::Result<ExitCode> {
    let refs = Arc::new(repo.refs("receive")?);
    if call.advertise_only {
        send(without_service(&receive::advertise_http(call.version, &refs, None), "git-receive-pack"))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !call.stateless {
        send(&receive::advertise(call.version, &refs, None))?;
    }
    let mut machine = Receive::new(limits());
    let mut refused = None;
    let request = loop {
        match machine.poll() {
            ReceiveAction::NeedInput => {
                // The machine has queued what the client is told.
                refused = match chunk()? {
                    bytes if bytes.is_empty() => machine.feed_eof(),
                    bytes => machine.feed(&bytes),
                }
                .err();
            }
            ReceiveAction::Send(bytes) => send(&bytes)?,
            ReceiveAction::Request(request) => break request,
            ReceiveAction::Done => return Ok(refused.map_or(ExitCode::SUCCESS, |error| died(&error.to_string()))),
        }
    };
    let rest = machine.take_rest();
    let mut reader = Read::chain(&*rest, std::io::stdin());
    let mut push = Push { call, repo, refs, objects: repo.objects()?, machine: &machine, outcomes: accepted(&request) };
    let unpack = push.run(&request, &mut reader)?;
    let outcomes = push.outcomes;
    send(&machine.report(unpack, &outcomes))?;
    Ok(ExitCode::SUCCESS)
}

fn accepted(request: &PushRequest) -> Outcomes {
    request.updates.iter().map(|update| (update.clone(), RefOutcome::Accepted)).collect()
}

struct Push<'a> {
    call: Call,
    repo: &'a Repository,
    refs: Arc<Refs>,
    objects: Objects,
    machine: &'a Receive,
    outcomes: Outcomes,
}

impl Push<'_> {
    /// The steps of a push. An error in the result is why the pack was refused.
    fn run(&mut self, request: &PushRequest, reader: &mut dyn Read) -> anyhow::Result<Result<(), String>> {
        let ingested = match request.has_pack.then(|| self.take_in(reader)) {
            None => None,
            Some(Ok(ingested)) => Some(ingested),
            Some(Err(reason)) => return Ok(self.refuse_pack(reason)),
        };
        if self.call.reject_thin && ingested.as_ref().is_some_and(|pack| !pack.appended_bases().is_empty()) {
            return Ok(self.refuse_pack("the pack is thin".to_owned()));
        }
        if let Err(reason) = self.connect(ingested.as_ref()) {
            return Ok(self.refuse_pack(reason));
        }
        let rules = Rules::read(self.repo)?;
        let odb = self.objects.odb.with_pack(ingested.as_ref().and_then(Ingested::pack));
        for (update, outcome) in &mut self.outcomes {
            if outcome.is_accepted()
                && let Some(reason) = rules.refusal(update, &odb)?
            {
                *outcome = RefOutcome::Refused(reason);
            }
        }
        let impossible = !request.refused.is_empty();
        self.settle(request.atomic, impossible);
        let hooks = Hooks::new(self.repo, request, self.machine);
        if self.any() {
            let incoming = Incoming::new(self.repo, &self.objects.scratch().join("incoming"))?;
            self.keep(Some(&incoming), ingested.as_ref())?;
            if hooks.pre_receive(&incoming, &self.outcomes)? {
                self.keep(None, ingested.as_ref())?;
            } else {
                self.refuse_all("pre-receive hook declined");
            }
        }
        for (update, outcome) in &mut self.outcomes {
            if outcome.is_accepted() && !hooks.update(update)? {
                *outcome = RefOutcome::Refused("hook declined".to_owned());
            }
        }
        self.settle(request.atomic, impossible);
        self.move_refs(request.atomic)?;
        hooks.post_receive(&self.outcomes)?;
        Ok(Ok(()))
    }

    fn take_in(&self, reader: &mut dyn Read) -> Result<Ingested, String> {
        let view = || self.objects.view(&self.refs);
        let base = Base { odb: &self.objects.odb, view: &view };
        let mut tell = |text: &str| drop(send(&self.machine.progress(text)));
        let limits = match self.repo.answer(&["config", "--type=int", "receive.maxInputSize"]).ok().and_then(|size| size.parse().ok()) {
            Some(pack_bytes) if pack_bytes > 0 => hardie_domain::limits::GitLimits { pack_bytes, ..limits() },
            _ => limits(),
        };
        let id = format!("push-{}", std::process::id());
        ingest(reader, &self.objects.store, &id, &base, &limits, &mut tell, &Cancel::new()).map_err(|error| error.to_string())
    }

    /// "Present means reachable", as the server judges it.
    fn connect(&mut self, ingested: Option<&Ingested>) -> Result<(), String> {
        let odb = self.objects.odb.with_pack(ingested.and_then(Ingested::pack));
        let wanted = || self.outcomes.iter().enumerate().filter(|(_, (update, _))| !update.new.is_zero());
        let tips: Vec<Oid> = wanted().map(|(_, (update, _))| update.new).collect();
        let places: Vec<usize> = wanted().map(|(place, _)| place).collect();
        let mut budget = Budget::new(u64::MAX, limits().wall, &Cancel::new());
        let verdicts = connectivity::check_each(&odb, ingested, &tips, &self.refs, &mut budget).map_err(|error| error.to_string())?;
        for (place, verdict) in places.into_iter().zip(verdicts) {
            if let (Some(missing), Some((_, outcome))) = (verdict, self.outcomes.get_mut(place)) {
                *outcome = RefOutcome::Refused(format!("missing necessary objects: {missing}"));
            }
        }
        Ok(())
    }

    fn any(&self) -> bool {
        self.outcomes.iter().any(|(_, outcome)| outcome.is_accepted())
    }

    fn refuse_pack(&mut self, reason: String) -> Result<(), String> {
        self.refuse_all("unpacker error");
        Err(reason)
    }

    fn refuse_all(&mut self, reason: &str) {
        for (_, outcome) in self.outcomes.iter_mut().filter(|(_, outcome)| outcome.is_accepted()) {
            *outcome = RefOutcome::Refused(reason.to_owned());
        }
    }

    fn settle(&mut self, atomic: bool, impossible: bool) {
        if atomic && (impossible || !self.outcomes.iter().all(|(_, outcome)| outcome.is_accepted())) {
            self.refuse_all("atomic push failure");
        }
    }

    /// Puts the pack that the engine took in into the plain repository.
    fn keep(&self, incoming: Option<&Incoming>, ingested: Option<&Ingested>) -> anyhow::Result<()> {
        let Some(pack) = ingested.and_then(Ingested::pack) else { return Ok(()) };
        let bytes = std::fs::read(pack.path())?;
        let args: &[&str] = if pack.objects() < KEPT_WHOLE { &["unpack-objects", "-q"] } else { &["index-pack", "--stdin"] };
        let (_, ok, complaint) = self.repo.git_within(incoming, args, &bytes)?;
        anyhow::ensure!(ok, "git {args:?}: {complaint}");
        Ok(())
    }

    /// Compare and swap, all at once or each alone.
    fn move_refs(&mut self, atomic: bool) -> anyhow::Result<()> {
        let lines: Vec<(usize, Vec<u8>)> = self
            .outcomes
            .iter()
            .enumerate()
            .filter(|(_, (_, outcome))| outcome.is_accepted())
            .map(|(place, (update, _))| (place, line(update)))
            .collect();
        let parts: Vec<&[(usize, Vec<u8>)]> = if atomic { vec![&lines] } else { lines.chunks(1).collect() };
        for part in parts {
            let input: Vec<u8> = part.iter().flat_map(|(_, line)| line.clone()).collect();
            let (_, ok, complaint) = self.repo.git(&["update-ref", "-m", "push", "--stdin", "-z"], &input)?;
            if ok {
                continue;
            }
            for (place, _) in part {
                if let Some((_, outcome)) = self.outcomes.get_mut(*place) {
                    *outcome = RefOutcome::Refused(format!("failed to update ref: {complaint}"));
                }
            }
        }
        Ok(())
    }
}

/// One instruction of `git update-ref --stdin -z`.
fn line(update: &RefUpdate) -> Vec<u8> {
    let (name, old, new) = (update.name.as_bytes(), update.old.to_hex(), update.new.to_hex());
    match update.new.is_zero() {
        true => [b"delete ", name, b"\0", old.as_bytes(), b"\0"].concat(),
        false => [b"update ", name, b"\0", new.as_bytes(), b"\0", old.as_bytes(), b"\0"].concat(),
    }
}
