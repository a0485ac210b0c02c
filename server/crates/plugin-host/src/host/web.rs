//! `resource request` and `caller`: getters over what is already in memory.

use std::sync::Arc;

use wasmtime::component::Resource;

use super::{CallerHandle, RepositoryHandle, RequestHandle};
use crate::bindings::hardie::plugin::caller;
use crate::bindings::hardie::plugin::web_request::{Header, Host, HostRequest};
use crate::state::CallState;

impl Host for CallState {}

impl CallState {
    /// Charges one call and what it returns.
    fn request_fact<R>(
        &mut self,
        request: &Resource<RequestHandle>,
        read: impl FnOnce(&RequestHandle) -> R,
        size: impl FnOnce(&R) -> usize,
    ) -> wasmtime::Result<R> {
        self.budget.call()?;
        let fact = read(self.table.get(request)?);
        self.budget.transfer(size(&fact))?;
        Ok(fact)
    }

    fn caller_fact(&mut self, who: &Resource<CallerHandle>, read: impl FnOnce(&CallerHandle) -> String) -> wasmtime::Result<String> {
        self.budget.call()?;
        let fact = read(self.table.get(who)?);
        self.budget.transfer(fact.len())?;
        Ok(fact)
    }
}

impl HostRequest for CallState {
    fn method(&mut self, request: Resource<RequestHandle>) -> wasmtime::Result<String> {
        self.request_fact(&request, |r| r.0.method.clone(), String::len)
    }

    fn path(&mut self, request: Resource<RequestHandle>) -> wasmtime::Result<String> {
        self.request_fact(&request, |r| r.0.path.clone(), String::len)
    }

    fn query(&mut self, request: Resource<RequestHandle>) -> wasmtime::Result<Option<String>> {
        self.request_fact(&request, |r| r.0.query.clone(), |query| query.as_ref().map_or(0, String::len))
    }

    fn base_path(&mut self, request: Resource<RequestHandle>) -> wasmtime::Result<String> {
        self.request_fact(&request, |r| r.0.base_path.clone(), String::len)
    }

    fn headers(&mut self, request: Resource<RequestHandle>) -> wasmtime::Result<Vec<Header>> {
        let header = |(name, value): &(String, String)| Header { name: name.clone(), value: value.clone() };
        let size = |headers: &Vec<Header>| headers.iter().map(|header| header.name.len() + header.value.len()).sum();
        self.request_fact(&request, |r| r.0.headers.iter().map(header).collect(), size)
    }

    fn body(&mut self, request: Resource<RequestHandle>) -> wasmtime::Result<Vec<u8>> {
        self.request_fact(&request, |r| r.0.body.clone(), Vec::len)
    }

    fn repository_path(&mut self, request: Resource<RequestHandle>) -> wasmtime::Result<String> {
        self.request_fact(&request, |r| r.0.repo_path.clone(), String::len)
    }

    fn repository(&mut self, _request: Resource<RequestHandle>) -> wasmtime::Result<Option<Resource<RepositoryHandle>>> {
        self.budget.call()?;
        let repository = self.task.repository.clone();
        Ok(repository.map(|repository| self.table.push(RepositoryHandle(repository))).transpose()?)
    }

    fn drop(&mut self, request: Resource<RequestHandle>) -> wasmtime::Result<()> {
        self.table.delete(request)?;
        Ok(())
    }
}

impl caller::Host for CallState {
    fn get(&mut self) -> wasmtime::Result<Option<Resource<CallerHandle>>> {
        self.serve("caller")?;
        let caller = self.task.caller.as_ref().map(Arc::clone);
        Ok(caller.map(|caller| self.table.push(CallerHandle(caller))).transpose()?)
    }
}

impl caller::HostCaller for CallState {
    fn name(&mut self, who: Resource<CallerHandle>) -> wasmtime::Result<String> {
        self.caller_fact(&who, |caller| caller.0.name.clone())
    }

    fn role(&mut self, who: Resource<CallerHandle>) -> wasmtime::Result<String> {
        self.caller_fact(&who, |caller| caller.0.role.clone())
    }

    fn drop(&mut self, who: Resource<CallerHandle>) -> wasmtime::Result<()> {
        self.table.delete(who)?;
        Ok(())
    }
}
