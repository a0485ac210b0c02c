-- Packs whose file is known to be damaged, until it is found whole again.
CREATE TABLE pack_damage (
    hash BYTEA NOT NULL PRIMARY KEY REFERENCES pack (hash) ON DELETE CASCADE,
    object BYTEA,
    detail TEXT COLLATE "C" NOT NULL,
    found_at BIGINT NOT NULL
);
-- The repository that had a superseded pack: while it has damage, the file stays.
ALTER TABLE pack ADD COLUMN left_repo BIGINT;
