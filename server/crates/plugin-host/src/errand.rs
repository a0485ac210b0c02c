//! What an invocation is for: which interfaces answer it, and how its failures are told.

/// What an invocation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Name and version, or whether a configuration suits. Must be answered by the component alone.
    Describe,
    /// A verdict that is a function of the push.
    Judge,
    /// A verdict that others may have a say in.
    JudgeOnline,
    /// An event.
    Handle,
    /// A request of a web client; `writes` tells whether its method may change something.
    Answer {
        /// Whether `state` may be written.
        writes: bool,
    },
}

impl Errand {
    /// Whether an interface answers. A component that serves several worlds imports more than each of its calls may use.
    pub(crate) fn may(self, interface: &str) -> bool {
        match self {
            Errand::Describe | Errand::Judge => false,
            Errand::JudgeOnline => ["http", "secrets", "clock"].contains(&interface),
            Errand::Handle => interface != "caller",
            Errand::Answer { .. } => interface != "status",
        }
    }

    /// When the interfaces that do not answer would not.
    pub(crate) fn occasion(self) -> &'static str {
        match self {
            Errand::Describe => "it is asked for its name or its configuration",
            Errand::Judge | Errand::JudgeOnline => "a push is judged",
            Errand::Handle => "an event is handled",
            Errand::Answer { .. } => "a web request is answered",
        }
    }

    /// What a failure says of whoever waits, and what comes next, if trying again may help.
    pub(crate) fn again(self) -> &'static str {
        match self {
            Errand::Handle => "This says nothing about the event: it is tried again",
            Errand::Answer { .. } => "This says nothing about the request: try again",
            _ => "This says nothing about your push: try again",
        }
    }

    /// Whose fault a crash is.
    pub(crate) fn bug(self) -> &'static str {
        match self {
            Errand::Handle | Errand::Answer { .. } => "This is a bug in the plugin",
            _ => "This is a bug in the plugin, not in your push",
        }
    }

    /// What to do about a run that took too many instructions.
    pub(crate) fn shorter(self) -> &'static str {
        match self {
            Errand::Handle | Errand::Answer { .. } => "Another attempt would end the same way: turn to who wrote the plugin",
            _ => "The same push ends the same way: push fewer commits at a time, or turn to who administers the plugin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_may_use_what_belongs_to_it() {
        let may = |errand: Errand| ["http", "clock", "state", "random", "status", "caller"].map(|interface| errand.may(interface));
        assert_eq!(may(Errand::Describe), [false; 6]);
        assert_eq!(may(Errand::Judge), [false; 6]);
        assert_eq!(may(Errand::JudgeOnline), [true, true, false, false, false, false]);
        assert_eq!(may(Errand::Handle), [true, true, true, true, true, false]);
        assert_eq!(may(Errand::Answer { writes: true }), [true, true, true, true, false, true]);
    }
}
