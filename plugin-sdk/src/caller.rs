//! Who sent the web request that is answered. A plugin that asks needs leave to know.

/// A user of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's name.
    pub name: String,
    /// The user's role in the repository that the plugin is installed for: `read`, `write` or `admin`; empty if there is none.
    pub role: String,
}

/// The caller; `None` for somebody who did not sign in.
pub fn get() -> Option<Caller> {
    crate::backend::caller()
}
