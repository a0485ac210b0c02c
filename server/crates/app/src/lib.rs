//! Use cases: everything that a user can do.
