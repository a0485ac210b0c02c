//! The only user of sqlx: SQLite and PostgreSQL.
