//! Transcripts and hostile input. Real git clients: see `wire::tests`.

mod fake;
mod hostile;
mod transcripts;
