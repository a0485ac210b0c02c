//! `resource repository`: reads that go to the packs. They block, which is why an invocation has a thread of its own.

use std::sync::Arc;

use hardie_domain::oid::Oid;
use hardie_domain::policy::{self, PushRepository};
use wasmtime::component::Resource;

use super::{CommitHandle, PAGE, RepositoryHandle, parse, raw, raw_or_none};
use crate::bindings::hardie::plugin::repository::{Change, ChangeSide, Host, HostRepository, NewObject, TreeEntry};
use crate::bindings::hardie::plugin::types::{Page, ReadError};
use crate::state::CallState;
use crate::stop::Stop;

/// Most bytes of one `blob-range`.
const RANGE: u64 = 1 << 20;

/// A read that passed a bound; of how many objects or of time, a guest is not told.
const TOO_LARGE: &str = "too-large";

/// A read that the guest may get an error from; the outer error ends the invocation.
type Read<T> = wasmtime::Result<Result<T, ReadError>>;

impl Host for CallState {}

impl CallState {
    /// Charges a call, reads, charges what was read.
    fn read<T>(
        &mut self,
        repository: &Resource<RepositoryHandle>,
        read: impl FnOnce(&dyn PushRepository) -> Result<T, Problem>,
        size: impl FnOnce(&T) -> usize,
    ) -> Read<T> {
        self.budget.call()?;
        let repository: Arc<dyn PushRepository> = Arc::clone(&self.table.get(repository)?.0);
        match read(repository.as_ref()) {
            Ok(value) => {
                self.budget.transfer(size(&value))?;
                Ok(Ok(value))
            }
            Err(Problem::Guest(error)) => {
                self.saw_an_end |= error.code == TOO_LARGE;
                Ok(Err(error))
            }
            // Our fault, not the plugin's: it must not be able to turn it into a verdict.
            Err(Problem::Host(why)) => Err(Stop::Storage(why).into()),
        }
    }

    fn keep(&mut self, commit: hardie_domain::plugin::CommitInfo) -> wasmtime::Result<Resource<CommitHandle>> {
        Ok(self.table.push(CommitHandle::new(commit))?)
    }
}

enum Problem {
    Guest(ReadError),
    Host(String),
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        Problem::Guest(error)
    }
}

impl From<policy::ReadError> for Problem {
    fn from(error: policy::ReadError) -> Problem {
        let code = match &error {
            policy::ReadError::NotFound => "not-found",
            policy::ReadError::WrongKind(_) => "wrong-kind",
            policy::ReadError::TooLarge(_) => TOO_LARGE,
            policy::ReadError::Storage(why) => return Problem::Host(why.clone()),
        };
        Problem::Guest(ReadError { code: code.into(), message: error.to_string() })
    }
}

fn bounds(page: Page) -> (usize, usize) {
    (page.start as usize, (page.limit as usize).min(PAGE))
}

impl HostRepository for CallState {
    fn new_commits(&mut self, this: Resource<RepositoryHandle>, update: u32, page: Page) -> Read<Vec<Resource<CommitHandle>>> {
        let (start, limit) = bounds(page);
        let commits =
            self.read(&this, |r| Ok(r.new_commits(update as usize, start, limit)?), |list| list.iter().map(CommitHandle::size).sum())?;
        match commits {
            Ok(list) => Ok(Ok(list.into_iter().map(|commit| self.keep(commit)).collect::<wasmtime::Result<_>>()?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn new_objects(&mut self, this: Resource<RepositoryHandle>, kind: String, page: Page) -> Read<Vec<NewObject>> {
        let (start, limit) = bounds(page);
        if !["", "blob", "tree", "commit", "tag"].contains(&kind.as_str()) {
            let message = "kind is blob, tree, commit, tag or empty".into();
            return Ok(Err(ReadError { code: "invalid".into(), message }));
        }
        self.read(
            &this,
            |r| Ok(r.new_objects(&kind, start, limit)?.into_iter().map(new_object).collect()),
            |list: &Vec<NewObject>| list.iter().map(|o| o.path.len() + 80).sum(),
        )
    }

    fn commit(&mut self, this: Resource<RepositoryHandle>, id: Vec<u8>) -> Read<Resource<CommitHandle>> {
        match self.read(&this, |r| Ok(r.commit(parse(&id)?)?), CommitHandle::size)? {
            Ok(commit) => Ok(Ok(self.keep(commit)?)),
            Err(error) => Ok(Err(error)),
        }
    }

    fn tree(&mut self, this: Resource<RepositoryHandle>, id: Vec<u8>, page: Page) -> Read<Vec<TreeEntry>> {
        let (start, limit) = bounds(page);
        self.read(
            &this,
            |r| {
                let entries = r.tree(parse(&id)?, start, limit)?;
                Ok(entries.into_iter().map(|e| TreeEntry { name: e.name, mode: e.mode, id: raw(e.id) }).collect())
            },
            |list: &Vec<TreeEntry>| list.iter().map(|e| e.name.len() + 32).sum(),
        )
    }

    fn blob_size(&mut self, this: Resource<RepositoryHandle>, id: Vec<u8>) -> Read<u64> {
        self.read(&this, |r| Ok(r.blob_size(parse(&id)?)?), |_| 8)
    }

    fn blob_range(&mut self, this: Resource<RepositoryHandle>, id: Vec<u8>, offset: u64, length: u32) -> Read<Vec<u8>> {
        self.read(&this, |r| Ok(r.blob_range(parse(&id)?, offset, u64::from(length).min(RANGE))?), Vec::len)
    }

    fn changes(&mut self, this: Resource<RepositoryHandle>, old: Option<Vec<u8>>, new: Option<Vec<u8>>, page: Page) -> Read<Vec<Change>> {
        let (start, limit) = bounds(page);
        let side = |id: &Option<Vec<u8>>| id.as_deref().map_or(Ok(Oid::ZERO), parse);
        self.read(
            &this,
            |r| Ok(r.changes(side(&old)?, side(&new)?, start, limit)?.into_iter().map(change).collect()),
            |list: &Vec<Change>| list.iter().map(|c| c.path.len() + 64).sum(),
        )
    }

    fn is_ancestor(&mut self, this: Resource<RepositoryHandle>, ancestor: Vec<u8>, descendant: Vec<u8>) -> Read<bool> {
        self.read(&this, |r| Ok(r.is_ancestor(parse(&ancestor)?, parse(&descendant)?)?), |_| 1)
    }

    fn read_ref(&mut self, this: Resource<RepositoryHandle>, name: Vec<u8>) -> Read<Option<Vec<u8>>> {
        self.read(&this, |r| Ok(r.read_ref(&name)?.map(raw)), |_| 24)
    }

    fn drop(&mut self, this: Resource<RepositoryHandle>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

fn new_object(object: policy::NewObject) -> NewObject {
    let policy::NewObject { id, kind, size, path, mode, commit } = object;
    NewObject { id: raw(id), kind: kind.to_owned(), size, path, mode, commit: raw_or_none(commit) }
}

fn change(change: policy::Change) -> Change {
    let side = |side: Option<(u32, Oid)>| side.map(|(mode, id)| ChangeSide { mode, id: raw(id) });
    Change { path: change.path, old: side(change.old), new: side(change.new) }
}
