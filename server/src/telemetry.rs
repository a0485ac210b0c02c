//! Where spans and log lines go: stderr, for people when it is a terminal and as JSON lines when it is not.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Installs the subscriber once; `HARDIE_LOG` filters as in `info,hardie_git=debug`.
pub fn install() {
    let filter = EnvFilter::try_from_env("HARDIE_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,russh=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call, as from tests in one process, keeps the first subscriber.
    let _ = match std::io::stderr().is_terminal() {
        true => builder.with_target(false).try_init(),
        false => builder.json().flatten_event(true).try_init(),
    };
}
