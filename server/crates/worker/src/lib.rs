//! Outbox, jobs, sweeper.
