-- One event may be several deliveries, a part each: one for each ref of a push. The lane is what order is kept in: a repository for
-- plugins, 0 for all of a webhook.
CREATE TABLE delivery_next (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    installation_id BIGINT NOT NULL REFERENCES installation (id) ON DELETE CASCADE,
    repo_id BIGINT REFERENCES repo (id) ON DELETE CASCADE,
    lane BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    part BIGINT NOT NULL DEFAULT 0,
    about TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'done', 'failed', 'dead', 'skipped')),
    attempt BIGINT NOT NULL DEFAULT 0,
    claims BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    asked_at BIGINT NOT NULL DEFAULT 0,
    holder TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    log TEXT NOT NULL DEFAULT '',
    fuel BIGINT NOT NULL DEFAULT 0,
    memory BIGINT NOT NULL DEFAULT 0,
    host_calls BIGINT NOT NULL DEFAULT 0,
    host_bytes BIGINT NOT NULL DEFAULT 0,
    wall_micros BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    UNIQUE (installation_id, seq, part)
);
-- The counter of ids goes on where it stood.
with last as (SELECT seq FROM sqlite_sequence WHERE name = 'delivery') INSERT INTO sqlite_sequence (name, seq) SELECT 'delivery_next', seq FROM last;
INSERT INTO delivery_next (id, installation_id, repo_id, lane, seq, state, attempt, claims, next_at, asked_at, holder, outcome, text, log,
    fuel, memory, host_calls, host_bytes, wall_micros, created_at, started_at, ended_at)
SELECT id, installation_id, repo_id, COALESCE(repo_id, 0), seq, state, attempt, claims, next_at, asked_at, holder, outcome, text, log,
    fuel, memory, host_calls, host_bytes, wall_micros, created_at, started_at, ended_at FROM delivery ORDER BY id;
DROP TABLE delivery;
ALTER TABLE delivery_next RENAME TO delivery;
CREATE INDEX delivery_open ON delivery (installation_id, lane, seq, part) WHERE state IN ('pending', 'running', 'failed');
CREATE INDEX delivery_open_seq ON delivery (seq) WHERE state IN ('pending', 'running', 'failed');
CREATE INDEX delivery_repo ON delivery (repo_id);
CREATE INDEX delivery_created ON delivery (created_at);
CREATE INDEX delivery_logged ON delivery (installation_id, id) WHERE log <> '';
CREATE INDEX delivery_held ON delivery (holder) WHERE state = 'running';

-- What a delivery of a webhook says: rendered once, so that each attempt sends the same bytes.
CREATE TABLE webhook_message (
    delivery_id BIGINT PRIMARY KEY REFERENCES delivery (id) ON DELETE CASCADE,
    uuid TEXT NOT NULL,
    event TEXT NOT NULL,
    body BLOB NOT NULL,
    refusals BIGINT NOT NULL DEFAULT 0
);
