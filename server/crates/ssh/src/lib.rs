//! The only user of russh: git over SSH.
