//! The only user of gix: wire protocol, packs, ingest, reading.
