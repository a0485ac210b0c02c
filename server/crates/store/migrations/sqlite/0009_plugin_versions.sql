-- The components that an installation ran, each with the configuration with which it last ran. The newest before the one that runs is
-- where a rollback leads.
CREATE TABLE installation_version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    installation_id BIGINT NOT NULL REFERENCES installation (id) ON DELETE CASCADE,
    digest BLOB NOT NULL REFERENCES plugin_component (digest),
    config TEXT NOT NULL,
    changed_by BIGINT REFERENCES account (id) ON DELETE SET NULL,
    at BIGINT NOT NULL,
    UNIQUE (installation_id, digest)
);
CREATE INDEX installation_version_digest ON installation_version (digest);
CREATE INDEX installation_version_changer ON installation_version (changed_by);
INSERT INTO installation_version (installation_id, digest, config, changed_by, at)
SELECT i.id, i.previous_digest, i.config, NULL, i.created_at FROM installation i
WHERE i.previous_digest IS NOT NULL AND i.previous_digest <> i.digest ORDER BY i.id;
INSERT INTO installation_version (installation_id, digest, config, changed_by, at)
SELECT i.id, i.digest, i.config, i.changed_by, i.updated_at FROM installation i ORDER BY i.id;
-- The column that held one of them stays empty: SQLite drops no column that refers to another table.
DROP INDEX installation_previous;
UPDATE installation SET previous_digest = NULL;
