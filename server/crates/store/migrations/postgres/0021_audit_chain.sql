-- By which door and which proof, in which request, with what outcome; how many of the same a line stands for.
ALTER TABLE audit ADD COLUMN
    door TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN
    credential TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN
    request_id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN
    outcome TEXT COLLATE "C" NOT NULL DEFAULT 'done';
ALTER TABLE audit ADD COLUMN
    times BIGINT NOT NULL DEFAULT 1;

-- The place of a line in the chain and the hash of all up to it, given after its commit; NULL until then.
ALTER TABLE audit ADD COLUMN
    seq BIGINT;
ALTER TABLE audit ADD COLUMN
    hash BYTEA;
CREATE INDEX audit_unsealed ON audit (id) WHERE seq IS NULL;
CREATE UNIQUE INDEX audit_seq ON audit (seq) WHERE seq IS NOT NULL;
CREATE INDEX audit_refused ON audit (outcome, id) WHERE outcome <> 'done';

-- One row: where the chain begins (what lay before was pruned) and where it ends.
CREATE TABLE audit_chain (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    base_seq BIGINT NOT NULL DEFAULT 0,
    base_hash BYTEA NOT NULL DEFAULT decode('0000000000000000000000000000000000000000000000000000000000000000', 'hex'),
    base_at BIGINT,
    head_seq BIGINT NOT NULL DEFAULT 0,
    head_hash BYTEA NOT NULL DEFAULT decode('0000000000000000000000000000000000000000000000000000000000000000', 'hex')
);
INSERT INTO audit_chain (id) VALUES (1);
