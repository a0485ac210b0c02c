//! The state machines against real git clients, over `git://` on loopback, with git's own programs behind them.
#![expect(clippy::disallowed_methods, reason = "the clients under test are programs")]

mod clients;
mod daemon;
mod oracle;
