//! The one client that opens connections.
