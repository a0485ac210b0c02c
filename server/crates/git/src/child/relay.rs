//! A child whose output is made for a client.

use std::ops::ControlFlow;

use super::Output;
use crate::sink::ByteSink;

/// Hands output on as it comes and keeps the beginning of what the child complains about.
pub(crate) struct Relay<'a> {
    sink: &'a mut dyn ByteSink,
    progress: bool,
    most: usize,
    complaints: Vec<u8>,
}

impl<'a> Relay<'a> {
    /// With `progress`, what the child says on its standard error is handed on too; at most so many bytes of it are kept.
    pub(crate) fn new(sink: &'a mut dyn ByteSink, progress: bool, most: usize) -> Relay<'a> {
        Relay { sink, progress, most, complaints: Vec::new() }
    }

    /// What the child complained about.
    pub(crate) fn complaints(&self) -> String {
        String::from_utf8_lossy(&self.complaints).trim().to_owned()
    }
}

impl Output for Relay<'_> {
    fn stdout(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.sink.data(bytes)
    }

    fn stderr(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        let room = self.most.saturating_sub(self.complaints.len());
        self.complaints.extend(bytes.iter().take(room));
        if self.progress { self.sink.progress(bytes) } else { ControlFlow::Continue(()) }
    }
}
