//! The only user of axum: /api/v1, git over HTTP, health, metrics.
