//! `log` and `config`.

use crate::bindings::hardie::plugin::{config, log, types};
use crate::state::CallState;

impl types::Host for CallState {}

impl log::Host for CallState {
    fn write(&mut self, level: String, message: String) -> wasmtime::Result<()> {
        self.budget.call()?;
        self.budget.transfer(message.len())?;
        self.log.write(&level, &message);
        Ok(())
    }
}

impl config::Host for CallState {
    fn get(&mut self) -> wasmtime::Result<String> {
        self.budget.call()?;
        self.budget.transfer(self.task.config.len())?;
        Ok(self.task.config.to_string())
    }
}
