//! `clock` and `random`.

use crate::bindings::hardie::plugin::{clock, random};
use crate::state::CallState;

/// Most bytes of one draw.
const DRAW: usize = 4096;

impl clock::Host for CallState {
    fn now(&mut self) -> wasmtime::Result<i64> {
        Ok(self.serve("clock")?.now().0)
    }
}

impl random::Host for CallState {
    fn bytes(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        let services = self.serve("random")?;
        let mut bytes = vec![0; (length as usize).min(DRAW)];
        self.budget.transfer(bytes.len())?;
        services.random(&mut bytes);
        Ok(bytes)
    }
}
