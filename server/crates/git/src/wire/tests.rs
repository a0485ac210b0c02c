//! The state machines against real git clients, over `git://` on loopback, with git's own programs behind them.

mod clients;
mod daemon;
mod oracle;
