//! `resource push` and `resource commit`: getters over facts that are already in memory.

use hardie_domain::push::UpdateKind;
use wasmtime::component::Resource;

use super::{CommitHandle, PAGE, PushHandle, raw, raw_or_none, signature};
use crate::bindings::hardie::plugin::repository::{HostCommit, HostPush, RefUpdate};
use crate::bindings::hardie::plugin::types::{Page, Signature};
use crate::state::CallState;

impl CallState {
    /// Charges one call and what it returns.
    fn push_fact<R>(
        &mut self,
        push: &Resource<PushHandle>,
        read: impl FnOnce(&PushHandle) -> R,
        size: impl FnOnce(&R) -> usize,
    ) -> wasmtime::Result<R> {
        self.budget.call()?;
        let fact = read(self.table.get(push)?);
        self.budget.transfer(size(&fact))?;
        Ok(fact)
    }

    fn commit_fact<R>(
        &mut self,
        commit: &Resource<CommitHandle>,
        read: impl FnOnce(&CommitHandle) -> R,
        size: impl FnOnce(&R) -> usize,
    ) -> wasmtime::Result<R> {
        self.budget.call()?;
        let fact = read(self.table.get(commit)?);
        self.budget.transfer(size(&fact))?;
        Ok(fact)
    }
}

impl HostPush for CallState {
    fn repository_path(&mut self, push: Resource<PushHandle>) -> wasmtime::Result<String> {
        self.push_fact(&push, |p| p.0.repo_path.clone(), String::len)
    }

    fn default_branch(&mut self, push: Resource<PushHandle>) -> wasmtime::Result<String> {
        self.push_fact(&push, |p| p.0.default_branch.clone(), String::len)
    }

    fn actor_name(&mut self, push: Resource<PushHandle>) -> wasmtime::Result<String> {
        self.push_fact(&push, |p| p.0.actor_name.clone(), String::len)
    }

    fn actor_role(&mut self, push: Resource<PushHandle>) -> wasmtime::Result<String> {
        self.push_fact(&push, |p| p.0.role.as_str().to_owned(), String::len)
    }

    fn door(&mut self, push: Resource<PushHandle>) -> wasmtime::Result<String> {
        self.push_fact(&push, |p| p.0.door.as_str().to_owned(), String::len)
    }

    fn options(&mut self, push: Resource<PushHandle>) -> wasmtime::Result<Vec<String>> {
        self.push_fact(&push, |p| p.0.options.clone(), |options| options.iter().map(|o| o.len() + 8).sum())
    }

    fn updates(&mut self, push: Resource<PushHandle>, page: Page) -> wasmtime::Result<Vec<RefUpdate>> {
        let read = |push: &PushHandle| -> Vec<RefUpdate> {
            let wanted = push.0.updates.iter().skip(page.start as usize).take((page.limit as usize).min(PAGE));
            wanted
                .map(|facts| {
                    let kind = match facts.update.kind() {
                        UpdateKind::Update if facts.forced => "force",
                        kind => kind.as_str(),
                    };
                    RefUpdate {
                        name: facts.update.name.as_bytes().to_vec(),
                        old: raw_or_none(facts.update.old),
                        new: raw_or_none(facts.update.new),
                        kind: kind.to_owned(),
                    }
                })
                .collect()
        };
        self.push_fact(&push, read, |updates| updates.iter().map(|u| u.name.len() + 64).sum())
    }

    fn drop(&mut self, push: Resource<PushHandle>) -> wasmtime::Result<()> {
        self.table.delete(push)?;
        Ok(())
    }
}

impl HostCommit for CallState {
    fn id(&mut self, commit: Resource<CommitHandle>) -> wasmtime::Result<Vec<u8>> {
        self.commit_fact(&commit, |c| raw(c.0.id), Vec::len)
    }

    fn tree(&mut self, commit: Resource<CommitHandle>) -> wasmtime::Result<Vec<u8>> {
        self.commit_fact(&commit, |c| raw(c.0.tree), Vec::len)
    }

    fn parents(&mut self, commit: Resource<CommitHandle>) -> wasmtime::Result<Vec<Vec<u8>>> {
        self.commit_fact(&commit, |c| c.0.parents.iter().copied().map(raw).collect(), |ids: &Vec<Vec<u8>>| ids.len() * 28)
    }

    fn author(&mut self, commit: Resource<CommitHandle>) -> wasmtime::Result<Signature> {
        self.commit_fact(&commit, |c| signature(&c.0.author), signature_bytes)
    }

    fn committer(&mut self, commit: Resource<CommitHandle>) -> wasmtime::Result<Signature> {
        self.commit_fact(&commit, |c| signature(&c.0.committer), signature_bytes)
    }

    fn message(&mut self, commit: Resource<CommitHandle>) -> wasmtime::Result<Vec<u8>> {
        self.commit_fact(&commit, |c| c.0.message.clone(), Vec::len)
    }

    fn drop(&mut self, commit: Resource<CommitHandle>) -> wasmtime::Result<()> {
        self.table.delete(commit)?;
        Ok(())
    }
}

fn signature_bytes(signature: &Signature) -> usize {
    signature.name.len() + signature.email.len() + 16
}
