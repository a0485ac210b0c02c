//! A server in process, both databases, fake clock, builders.
