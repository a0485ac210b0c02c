//! The work of an import, under its lease.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hardie_domain::access::{Actor, Credential, RepoAction};
use hardie_domain::oid::Oid;
use hardie_domain::push::{Door, RefUpdate};
use hardie_domain::refname::RefName;
use hardie_domain::scope::ScopeSet;
use hardie_git::Cancel;
use hardie_git::remote::RefList;
use hardie_git::wire::error::one_line;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::source::Source;
use super::{Import, note, purpose};
use crate::access::{RepoAccess, repo_by_id};
use crate::cancel::CancelOnDrop;
use crate::git_access::open_repo;
use crate::push::{PackSource, PushRequest, push, reasons};
use crate::transport::bridge::ChannelReader;
use crate::{App, Ctx, Error, Result};

/// How long a process that died keeps others from beginning again.
const LEASE_SECONDS: i64 = 60;
/// How often the row says how far it is.
const BEAT: Duration = Duration::from_secs(2);
/// Of one account, so many are under way at once.
const EACH: u64 = 2;
/// An import whose process died so often is given up.
const MOST_TRIES: u64 = 3;
/// Bytes of why an import failed.
const MOST_REASON: usize = 1_000;

/// How far an import is.
#[derive(Debug)]
pub(super) struct Progress(Mutex<(String, u64, u64)>);

impl Progress {
    fn new() -> Progress {
        Progress(Mutex::new(("asking".to_owned(), 0, 0)))
    }

    fn set(&self, phase: &str, percent: u64) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (now.0, now.1) = (phase.to_owned(), percent);
    }

    /// Git's words, such as `Resolving deltas:  45% (9/20)`: the other server's while it makes the pack, ours while it is taken in.
    pub fn line(&self, line: &str) {
        if let Some((phase, percent)) = read(line) {
            self.set(&phase, percent);
        }
    }

    /// So many more bytes came.
    pub fn received(&self, bytes: usize) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        now.2 = now.2.saturating_add(bytes as u64);
        (now.0, now.1) = (format!("receiving, {} KiB so far", now.2 / 1024), 0);
    }

    fn now(&self) -> (String, u64) {
        let now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (now.0.clone(), now.1)
    }
}

/// What is done, and how much of it.
fn read(line: &str) -> Option<(String, u64)> {
    let (phase, rest) = line.split_once(':')?;
    let percent = rest.split('%').next()?.trim().parse().ok().filter(|percent| *percent <= 100)?;
    let phase = phase.trim().to_lowercase();
    (!phase.is_empty() && phase.len() <= 60).then_some((phase, percent))
}

/// Why an import brought nothing.
enum Failed {
    /// For whoever asked.
    Told(String),
    /// The server's own trouble, which the log tells.
    Own(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        match error {
            Error::Internal(_) => Failed::Own(error),
            told => Failed::Told(told.to_string()),
        }
    }
}

impl From<hardie_store::Error> for Failed {
    fn from(error: hardie_store::Error) -> Failed {
        Failed::from(Error::from(error))
    }
}

/// Does one import that waits, if there is one. `holder` is different for each process. May be cut off anywhere: it is begun again then.
pub async fn run_import(app: &App, holder: &str) -> Result<bool> {
    let now = app.clock.now();
    if !app.store.has_import_to_begin(now).await? {
        return Ok(false);
    }
    let mut tx = app.store.begin().await?;
    let Some(row) = tx.claim_import(holder, EACH, now, now.plus_seconds(LEASE_SECONDS)).await? else { return Ok(false) };
    tx.commit().await?;
    let progress = Progress::new();
    let gone = CancelOnDrop::default();
    let work = bring(app, &row, &progress, &gone.0);
    tokio::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            () = sleep(BEAT) => {}
        }
        if !beat(app, holder, &row, &progress).await? {
            // Somebody stopped it, or the repository is gone: what is under way ends with the work.
            return Ok(true);
        }
    };
    end(app, holder, &row, done).await?;
    Ok(true)
}

async fn beat(app: &App, holder: &str, row: &Import, progress: &Progress) -> Result<bool> {
    let (now, (phase, percent)) = (app.clock.now(), progress.now());
    let mut tx = app.store.begin().await?;
    let kept = tx.keep_import(row.repo, holder, &phase, percent, now, now.plus_seconds(LEASE_SECONDS)).await?;
    tx.commit().await?;
    Ok(kept && app.store.find_repo(row.repo).await?.is_some())
}

async fn end(app: &App, holder: &str, row: &Import, done: std::result::Result<(), Failed>) -> Result<()> {
    // What the other side said may be in it.
    let line = |why: String| one_line(&why, MOST_REASON);
    let reason = match done {
        Ok(()) => None,
        Err(Failed::Told(why)) => Some(line(why)),
        Err(Failed::Own(error)) => {
            tracing::error!(repo = %row.repo, error = &error as &dyn std::error::Error, "an import failed");
            Some("the server failed: its log has the reason".to_owned())
        }
    };
    let system = Ctx::system();
    let access = match repo_by_id(app, &system, row.repo, RepoAction::Read).await {
        Ok(access) => access,
        Err(Error::NotFound(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut tx = app.store.begin().await?;
    if tx.end_import(row.repo, holder, reason.as_deref(), app.clock.now()).await? {
        let detail = reason.map_or_else(|| format!("{}: done", row.url), |why| format!("failed: {why}"));
        note(&mut tx, app, &system, &access, "import.end", detail).await?;
    }
    Ok(tx.commit().await?)
}

/// Fetches all, and has it let in.
async fn bring(app: &App, row: &Import, progress: &Progress, cancel: &Cancel) -> std::result::Result<(), Failed> {
    if row.tries > MOST_TRIES {
        return Err(Failed::Told(format!("the server was stopped {MOST_TRIES} times while it fetched: ask for it again")));
    }
    let wall = app.config.git_limits.wall;
    let late = |_| Failed::Told(format!("it took longer than {} seconds", wall.as_secs()));
    timeout(wall, fetch(app, row, progress, cancel)).await.map_err(late)?
}

async fn fetch(app: &App, row: &Import, progress: &Progress, cancel: &Cancel) -> std::result::Result<(), Failed> {
    let ctx = asker(app, row).await?;
    let access = repo_by_id(app, &ctx, row.repo, RepoAction::Push).await?;
    let sealed = row.sealed.as_ref();
    let credential = sealed.map(|(key, sealed)| app.sealing.open(key, &purpose(row.account, &row.url), sealed)).transpose();
    let credential = credential.map_err(|why| Failed::Told(format!("the password cannot be read any more: {why}")))?;
    let source = Source { app, url: &row.url, credential };
    let mut list = source.refs().await.map_err(Failed::Told)?;
    let hidden = &app.config.git_rules.hidden_refs;
    list.refs.retain(|(name, _)| !hidden.hides(name.as_bytes()));
    let handle = open_repo(app, row.repo).await?;
    if !handle.snapshot.refs.is_empty() {
        let is_there = list.refs.iter().all(|(name, id)| handle.refs.find(name.as_bytes()).is_some_and(|found| found.oid == *id));
        return match is_there && row.tries > 1 {
            // The process was killed between the push and the end of the import.
            true => Ok(()),
            false => Err(Failed::Told("something was pushed to the repository meanwhile".to_owned())),
        };
    }
    set_head(app, &access, &list).await?;
    if list.refs.is_empty() {
        return Ok(());
    }
    let wants: Vec<Oid> = list.refs.iter().map(|(_, id)| *id).collect::<BTreeSet<_>>().into_iter().collect();
    let answer = source.pack(&wants).await.map_err(Failed::Told)?;
    let (chunks, received) = mpsc::channel(16);
    let (lines, mut heard) = mpsc::channel::<String>(64);
    let updates = list.refs.into_iter().map(|(name, new)| RefUpdate { name, old: Oid::ZERO, new }).collect();
    let request = PushRequest { updates, has_impossible: false, options: Vec::new(), atomic: true, certificate: None };
    let reader = Box::new(ChannelReader::new(Bytes::new(), received));
    let pack = PackSource { reader, progress: lines, cancel: cancel.clone() };
    let listen = async {
        while let Some(line) = heard.recv().await {
            progress.line(&line);
        }
    };
    let (handed, pushed, ()) =
        tokio::join!(source.hand_on(answer, chunks, progress), push(app, &ctx, &access, request, Some(pack)), listen);
    // What broke the pack says more than that it was broken.
    handed.map_err(Failed::Told)?;
    let report = pushed?;
    match report.results.iter().all(|(_, outcome)| outcome.is_accepted()) {
        true => Ok(()),
        false => Err(Failed::Told(reasons(report))),
    }
}

/// The server, on behalf of whoever asked, as that account is now.
async fn asker(app: &App, row: &Import) -> std::result::Result<Ctx, Failed> {
    let gone = || Failed::Told("the account that asked for it is disabled".to_owned());
    let account = app.store.find_account(row.account).await?.filter(|account| !account.disabled).ok_or_else(gone)?;
    let actor = Actor {
        id: account.id,
        name: account.name,
        is_admin: account.is_admin,
        credential: Credential::System,
        scopes: ScopeSet::ALL,
        bound: None,
        narrowing: None,
    };
    Ok(Ctx { actor: Some(actor), door: Door::System, ..Ctx::system() })
}

/// Names the default branch as the other server does, while the repository is empty.
async fn set_head(app: &App, access: &RepoAccess, list: &RefList) -> Result<()> {
    let is_wanted = |name: &&RefName| list.refs.is_empty() || list.refs.iter().any(|(known, _)| known == *name);
    let Some(head) = list.head.as_ref().filter(is_wanted).filter(|head| **head != access.repo.default_branch) else { return Ok(()) };
    let mut tx = app.store.begin().await?;
    if tx.count_refs(access.repo.id).await? == 0 {
        tx.set_default_branch(access.repo.id, head).await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn words_of_progress_are_read_and_others_are_not() {
        assert_eq!(read("Resolving deltas:  45% (9/20)"), Some(("resolving deltas".to_owned(), 45)));
        assert_eq!(read("remote: Counting objects: 100% (3/3), done."), None);
        assert_eq!(read("Compressing objects: 100% (3/3), done."), Some(("compressing objects".to_owned(), 100)));
        for none in ["", "hello", "a: b", "x: 200% ", ": 5%"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
