//! What one invocation, one install and the whole host may use.

use std::time::Duration;

/// Every bound that the host keeps. Sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Instructions of one invocation, by wasmtime's count. Deterministic: the same push ends the same way.
    pub fuel: u64,
    /// Wall clock of one invocation, over a push, an event or a web request, from instantiation to the answer. Waiting for a free place is outside it.
    pub wall: Duration,
    /// All linear memories and tables of one invocation together.
    pub memory: usize,
    /// Elements of all tables of one invocation together.
    pub table_elements: usize,
    /// Calls to the host in one invocation.
    pub host_calls: u64,
    /// Calls of WASI in one invocation, which are for what a stock library does anyway.
    pub wasi_calls: u64,
    /// Bytes that the host hands to the guest in one invocation.
    pub host_bytes: u64,
    /// Bytes that one call may bring from the guest to the host.
    pub guest_to_host: usize,
    /// Handles that may live at once.
    pub handles: usize,
    /// Keys that one invocation may change.
    pub state_writes: usize,
    /// Bytes of keys and values that it may change them to.
    pub state_bytes: usize,
    /// Statuses that it may set.
    pub statuses: usize,
    /// Requests that one invocation may send.
    pub requests: usize,
    /// Bytes of the body of one request.
    pub request_body: usize,
    /// Bytes of the body of one answer.
    pub response_body: usize,
    /// Log lines of one invocation.
    pub log_lines: usize,
    /// Log bytes of one invocation.
    pub log_bytes: usize,
    /// Lines that the pusher sees for one update.
    pub reply_lines: usize,
    /// Columns of such a line.
    pub reply_columns: usize,
    /// A configuration.
    pub config: usize,
    /// A component, as uploaded.
    pub component: usize,
    /// Memory of the process that compiles.
    pub compile_memory: u64,
    /// CPU seconds of the process that compiles.
    pub compile_cpu: u64,
    /// Wall clock of the process that compiles.
    pub compile_wall: Duration,
    /// Invocations that run at once.
    pub running: usize,
    /// Policies that ask others about a push at once, in places of their own.
    pub online: usize,
    /// Events that are handled at once, in places of their own.
    pub events: usize,
    /// Requests of web clients that are answered at once, in places of their own.
    pub web: usize,
    /// How long one of those waits before it is turned away.
    pub web_patience: Duration,
    /// Invocations that wait; more are turned away.
    pub waiting: usize,
    /// How long one waits before it is turned away.
    pub patience: Duration,
    /// Components kept ready.
    pub loaded: usize,
    /// Answers of policies that are kept for an equal push.
    pub kept_answers: usize,
    /// Bytes of those together; none has more than a sixteenth of it.
    pub kept_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Limits {
            fuel: 1_000_000_000,
            // Ten times and more what the fuel takes, so that a busy machine does not turn one end of a run into another.
            wall: Duration::from_secs(10),
            memory: 128 << 20,
            table_elements: 100_000,
            host_calls: 10_000,
            wasi_calls: 100_000,
            host_bytes: 64 << 20,
            guest_to_host: 4 << 20,
            handles: 1024,
            state_writes: 1000,
            state_bytes: 1 << 20,
            statuses: 100,
            requests: 20,
            request_body: 1 << 20,
            response_body: 4 << 20,
            log_lines: 200,
            log_bytes: 64 << 10,
            reply_lines: 40,
            reply_columns: 200,
            config: 64 << 10,
            // What an administrator may bring; whom else the server lets bring how much is its own rule.
            component: 64 << 20,
            compile_memory: 2 << 30,
            compile_cpu: 60,
            compile_wall: Duration::from_secs(120),
            running: (2 * cores).max(4),
            online: (2 * cores).max(8),
            events: (2 * cores).max(4),
            web: (2 * cores).max(4),
            // Somebody sits before it.
            web_patience: Duration::from_secs(5),
            waiting: 1024,
            patience: Duration::from_secs(15),
            loaded: 256,
            kept_answers: 1024,
            kept_bytes: 4 << 20,
        }
    }
}
