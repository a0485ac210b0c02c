//! Which of git's scripts run.

/// One script.
pub struct Script {
    /// Its name in git's `t`, without `.sh`.
    pub name: &'static str,
    /// Whether the short form runs it, and which of its tests.
    pub short: Option<&'static str>,
}

const fn long(name: &'static str) -> Script {
    Script { name, short: None }
}

const fn short(name: &'static str, tests: &'static str) -> Script {
    Script { name, short: Some(tests) }
}

/// Every test of a script.
const ALL: &str = "1-9999";

/// Mostly about upload-pack.
pub const FETCHES: &[Script] = &[
    short("t5500-fetch-pack", "1-80"),
    long("t5502-quickfetch"),
    long("t5503-tagfollow"),
    long("t5505-remote"),
    long("t5510-fetch"),
    long("t5512-ls-remote"),
    long("t5514-fetch-multiple"),
    long("t5525-fetch-tagopt"),
    long("t5527-fetch-odd-refs"),
    short("t5530-upload-pack-error", ALL),
    short("t5537-fetch-shallow", ALL),
    short("t5552-skipping-fetch-negotiator", ALL),
    short("t5554-noop-fetch-negotiator", ALL),
    long("t5555-http-smart-common"),
    long("t5560-http-backend-noserver"),
    long("t5570-git-daemon"),
    long("t5582-fetch-negative-refspec"),
    long("t5601-clone"),
    long("t5606-clone-options"),
    long("t5609-clone-branch"),
    long("t5612-clone-refspec"),
    long("t5614-clone-submodules-shallow"),
    short("t5616-partial-clone", "1-17"),
    long("t5617-clone-submodules-remote"),
    long("t5700-protocol-v1"),
    short("t5702-protocol-v2", ALL),
    short("t5703-upload-pack-ref-in-want", ALL),
    short("t5704-protocol-violations", ALL),
    long("t5705-session-id-in-capabilities"),
];

/// Mostly about receive-pack.
pub const PUSHES: &[Script] = &[
    long("t5504-fetch-receive-strict"),
    short("t5516-fetch-push", "1-45"),
    long("t5517-push-mirror"),
    long("t5528-push-default"),
    long("t5533-push-cas"),
    long("t5535-fetch-push-symref"),
    short("t5538-push-shallow", ALL),
    short("t5543-atomic-push", ALL),
    long("t5545-push-options"),
    short("t5546-receive-limits", ALL),
    short("t5547-push-quarantine", ALL),
    long("t5548-push-porcelain"),
    long("t5562-http-backend-content-length"),
];
