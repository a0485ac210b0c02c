//! What a push answers: one outcome for each update, and lines that git shows as `remote: …`.

use hardie_domain::push::{RefOutcome, RefUpdate};

/// What is said of the other refs where one refusal is everybody's.
pub const ATOMIC: &str = "atomic push failed: another ref was refused";

/// The state of the answer while a push is judged, and the answer itself.
#[derive(Clone, Debug, Default)]
pub struct PushReport {
    /// `Err` if the pack itself was refused: then every update is.
    pub unpack: Option<String>,
    /// One for each update of the request, in its order.
    pub results: Vec<(RefUpdate, RefOutcome)>,
    /// Lines for the person who pushes.
    pub messages: Vec<String>,
    /// Whether it is refused for a trouble of the server's, so that the same may pass later.
    pub passing: bool,
    /// Whether it is refused because the pusher may not push any more.
    pub barred: bool,
    /// Whether the pack is over a bound of the site's.
    pub too_large: bool,
}

impl PushReport {
    /// Every update accepted until somebody objects.
    pub fn new(updates: impl IntoIterator<Item = RefUpdate>) -> PushReport {
        let results = updates.into_iter().map(|u| (u, RefOutcome::Accepted)).collect();
        PushReport { results, ..PushReport::default() }
    }

    /// Refuses one update; the first reason stays.
    pub fn refuse(&mut self, index: usize, reason: &str) {
        if let Some((_, outcome)) = self.results.get_mut(index).filter(|(_, o)| o.is_accepted()) {
            *outcome = RefOutcome::Refused(reason.to_owned());
        }
    }

    /// Refuses all updates that nobody refused yet.
    pub fn refuse_all(&mut self, reason: &str) {
        for index in 0..self.results.len() {
            self.refuse(index, reason);
        }
    }

    /// Refuses everything because the pack could not be taken.
    pub fn refuse_pack(&mut self, reason: &str) {
        self.unpack = Some(reason.to_owned());
        self.refuse_all("unpacker error");
    }

    /// Adds a line under the name of a plugin.
    pub fn say(&mut self, by: &str, line: &str) {
        self.messages.push(format!("[{by}] {line}"));
    }

    /// Whether any update is still accepted.
    pub fn any_accepted(&self) -> bool {
        self.results.iter().any(|(_, outcome)| outcome.is_accepted())
    }

    /// With `--atomic` one refusal is everybody's.
    pub fn apply_atomic(&mut self) {
        if self.results.iter().any(|(_, outcome)| !outcome.is_accepted()) {
            self.refuse_all(ATOMIC);
        }
    }
}
