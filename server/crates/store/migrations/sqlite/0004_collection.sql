-- A pack of objects that no root reaches: since when. They are removed after a grace.
ALTER TABLE repo_pack ADD COLUMN unreached_since BIGINT;
-- When the repository is to be looked at for objects that no root reaches. What is there already is looked at soon.
ALTER TABLE repo ADD COLUMN collect_at BIGINT;
UPDATE repo SET collect_at = 0;
CREATE INDEX repo_collect ON repo (collect_at) WHERE collect_at IS NOT NULL;
-- Moves when objects were removed at once: whoever began to read before it stops.
ALTER TABLE repo ADD COLUMN expiry_epoch BIGINT NOT NULL DEFAULT 0;
