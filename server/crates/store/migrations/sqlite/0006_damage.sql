-- Packs whose file is known to be damaged, until it is found whole again.
CREATE TABLE pack_damage (
    hash BLOB NOT NULL PRIMARY KEY REFERENCES pack (hash) ON DELETE CASCADE,
    object BLOB,
    detail TEXT NOT NULL,
    found_at BIGINT NOT NULL
) WITHOUT ROWID;
-- The repository that had a superseded pack: while it has damage, the file stays.
ALTER TABLE pack ADD COLUMN left_repo BIGINT;
