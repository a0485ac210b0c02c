//! `status`: held against the rules at once, kept with the rest.

use hardie_domain::policy::ReadError;
use hardie_domain::status::Finding;

use super::parse;
use crate::bindings::hardie::plugin::status::{Host, StatusError};
use crate::state::CallState;
use crate::stop::Stop;

impl Host for CallState {
    fn set(
        &mut self,
        commit: Vec<u8>,
        state: String,
        context: String,
        description: String,
        target_url: String,
    ) -> wasmtime::Result<Result<(), StatusError>> {
        self.serve("status")?;
        self.budget.transfer(state.len() + context.len() + description.len() + target_url.len())?;
        let finding = match Finding::new(&state, &context, &description, &target_url) {
            Ok(finding) => finding,
            Err(invalid) => return Ok(Err(error("invalid", invalid.to_string()))),
        };
        let commit = match parse(&commit) {
            Ok(commit) => commit,
            Err(invalid) => return Ok(Err(error("invalid", invalid.message))),
        };
        let Some(repository) = self.task.repository.clone() else {
            return Ok(Err(error("not-found", "the event has no repository, or it is gone".into())));
        };
        match repository.commit(commit) {
            Ok(_) => {}
            Err(ReadError::Storage(why)) => return Err(Stop::Storage(why).into()),
            Err(why) => return Ok(Err(error("not-found", format!("{commit}: {why}")))),
        }
        self.pending.set_status(commit, finding)?;
        Ok(Ok(()))
    }
}

fn error(code: &str, message: String) -> StatusError {
    StatusError { code: code.into(), message }
}
