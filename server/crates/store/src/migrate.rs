//! The schema's history, one list for each engine with the same numbers and names. Applied in order, each in one transaction, and
//! never edited once released: a changed file is refused by its fingerprint.

use sqlx::AnyConnection;
use sqlx::{AnyPool, Executor};

use crate::options::Engine;
use crate::sql::{Cols, sql};
use crate::store::{all, exec, opt};
use crate::{Error, Result};

/// One step.
struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($version:literal $name:literal),+ $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }),+]
    };
}

const MIGRATIONS: &[Migration] = migrations![
    1 "0001_forge", 2 "0002_keep_packs", 3 "0003_lfs", 4 "0004_collection", 5 "0005_push_certificates", 6 "0006_damage",
    7 "0007_commit_status", 8 "0008_verdict_bytes", 9 "0009_plugin_versions", 10 "0010_plugin_logs",
    11 "0011_delivery", 12 "0012_publishers", 13 "0013_delivery_claims", 14 "0014_installation_secret", 15 "0015_verdict_source",
    16 "0016_webhook", 17 "0017_mail", 18 "0018_credentials", 19 "0019_repositories", 20 "0020_team",
    21 "0021_audit_chain", 22 "0022_guard_rails", 23 "0023_oauth", 24 "0024_rules", 25 "0025_labels", 26 "0026_imports", 27 "0027_passkeys_and_avatars", 28 "0028_quotas"
];

/// Any number: nodes that start at once agree on it, and on nothing else.
const ADVISORY_LOCK: i64 = 0x6861_7264_6965;

pub(crate) const HISTORY_TABLE: &str = "schema_history";
const HISTORY: &str =
    "CREATE TABLE IF NOT EXISTS schema_history (version BIGINT PRIMARY KEY, name TEXT NOT NULL, fingerprint BIGINT NOT NULL)";

/// The newest version that this program knows.
pub(crate) fn known() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.version)
}

/// Brings the schema up to date.
pub(crate) async fn run(pool: &AnyPool, engine: Engine) -> Result<()> {
    let mut tx = pool.begin_with(engine.begin_write()).await?;
    lock(&mut tx, engine).await?;
    raise(&mut tx, engine, known()).await?;
    tx.commit().await?;
    Ok(())
}

/// Two nodes that start at once: the second waits here and then finds nothing to do. Held until the transaction ends.
pub(crate) async fn lock(connection: &mut AnyConnection, engine: Engine) -> Result<()> {
    if engine == Engine::Postgres {
        exec(connection, &sql("SELECT pg_advisory_xact_lock($1)").bind(ADVISORY_LOCK)).await?;
    }
    Ok(())
}

/// Applies what is missing up to this version, inside the caller's transaction.
pub(crate) async fn raise(connection: &mut AnyConnection, engine: Engine, to: i64) -> Result<()> {
    connection.execute(HISTORY).await?;
    let applied = check(connection, engine).await?;
    for migration in MIGRATIONS.iter().filter(|m| m.version <= to && !applied.contains(&m.version)) {
        apply(connection, migration, engine).await?;
    }
    Ok(())
}

/// The versions that a database has, if they are this program's own or older ones of it.
pub(crate) async fn check(connection: &mut AnyConnection, engine: Engine) -> Result<Vec<i64>> {
    let history = sql("SELECT version, name, fingerprint FROM schema_history ORDER BY version");
    let applied = all(connection, &history, |c: &mut Cols<'_>| Ok((c.int()?, c.text()?, c.int()?))).await?;
    for (version, name, found) in &applied {
        match MIGRATIONS.iter().find(|m| m.version == *version) {
            None => return Err(Error::NewerSchema { found: *version, known: known() }),
            Some(m) if fingerprint(m.text(engine)) != *found => return Err(Error::ForeignSchema { version: *version, name: name.clone() }),
            Some(_) => {}
        }
    }
    Ok(applied.into_iter().map(|(version, ..)| version).collect())
}

/// The version of a database that has a history.
pub(crate) async fn version(connection: &mut AnyConnection) -> Result<Option<i64>> {
    let newest = sql("SELECT version FROM schema_history ORDER BY version DESC LIMIT 1");
    opt(connection, &newest, |c: &mut Cols<'_>| c.int()).await
}

async fn apply(connection: &mut AnyConnection, migration: &Migration, engine: Engine) -> Result<()> {
    tracing::info!(version = migration.version, name = migration.name, "applying a migration");
    let text = migration.text(engine);
    connection.execute(text).await?;
    let done = sql("INSERT INTO schema_history (version, name, fingerprint) VALUES ($1, $2, $3)");
    exec(connection, &done.bind(migration.version).bind(migration.name).bind(fingerprint(text))).await?;
    Ok(())
}

impl Migration {
    fn text(&self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

/// FNV-1a: it is to notice an edit, not to withstand an attacker, who would have the whole database anyway.
fn fingerprint(text: &str) -> i64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    i64::from_ne_bytes(hash.to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;

    #[test]
    fn versions_count_up_from_one_and_names_carry_them() {
        for (expected, migration) in (1i64..).zip(MIGRATIONS) {
            assert_eq!(migration.version, expected);
            assert!(migration.name.starts_with(&format!("{expected:04}_")), "{}", migration.name);
        }
    }

    #[test]
    fn every_text_column_of_postgres_has_an_order_of_bytes() {
        for migration in MIGRATIONS {
            for line in migration.postgres.lines().filter(|l| l.contains(" TEXT") && !l.trim_start().starts_with("--")) {
                assert_eq!(line.matches(" TEXT").count(), line.matches("COLLATE \"C\"").count(), "{line}");
            }
        }
    }

    #[test]
    fn both_histories_have_the_same_tables_and_columns() {
        // The first word of a column's line is its name; types and the layout of tables may differ, names and constraints may not.
        let shape = |text: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"));
            let without_layout = lines.map(|line| line.replace(") WITHOUT ROWID;", ");"));
            let column = |line: &String| line.starts_with(|c: char| c.is_ascii_lowercase());
            without_layout.map(|line| if column(&line) { line.split(' ').take(1).collect() } else { line }).collect()
        };
        for migration in MIGRATIONS {
            assert_eq!(shape(migration.sqlite), shape(migration.postgres), "{}", migration.name);
        }
    }
}
