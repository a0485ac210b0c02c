//! What two or more pages share: who reads, how it looks, what is announced.

pub mod session;
pub mod theme;
pub mod title;
pub mod toasts;

pub use session::{Reader, Session, use_session};
