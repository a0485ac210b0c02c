-- Events caused by what a handler wrote know how far they are from what somebody did, and whose handler it was.
ALTER TABLE outbox ADD COLUMN depth BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN cause_id BIGINT;
ALTER TABLE event ADD COLUMN depth BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN cause_id BIGINT;
-- Deliveries were made of the log up to here. What happened before there were any is nobody's.
ALTER TABLE site ADD COLUMN delivered_event BIGINT NOT NULL DEFAULT 0;
UPDATE site SET delivered_event = last_event;

-- Installations whose component handles events: which kinds (all if empty), and whether they rest after faults.
CREATE TABLE handler (
    installation_id BIGINT PRIMARY KEY REFERENCES installation (id) ON DELETE CASCADE,
    kinds TEXT NOT NULL,
    faults BIGINT NOT NULL DEFAULT 0,
    faults_since BIGINT NOT NULL DEFAULT 0,
    paused_until BIGINT NOT NULL DEFAULT 0,
    pause_seconds BIGINT NOT NULL DEFAULT 0,
    pause_reason TEXT NOT NULL DEFAULT ''
);

-- One event on its way to one installation. While it is tried, next_at is the end of the lease.
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    installation_id BIGINT NOT NULL REFERENCES installation (id) ON DELETE CASCADE,
    repo_id BIGINT REFERENCES repo (id) ON DELETE CASCADE,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'done', 'failed', 'dead', 'skipped')),
    attempt BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
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
    UNIQUE (installation_id, seq)
);
CREATE INDEX delivery_open ON delivery (installation_id, COALESCE(repo_id, 0), seq) WHERE state IN ('pending', 'running', 'failed');
CREATE INDEX delivery_open_seq ON delivery (seq) WHERE state IN ('pending', 'running', 'failed');
CREATE INDEX delivery_repo ON delivery (repo_id);
CREATE INDEX delivery_created ON delivery (created_at);
CREATE INDEX delivery_logged ON delivery (installation_id, id) WHERE log <> '';

-- What installations keep for themselves. The repository 0 stands for none.
CREATE TABLE plugin_state (
    installation_id BIGINT NOT NULL REFERENCES installation (id) ON DELETE CASCADE,
    repo_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (installation_id, repo_id, name)
);
CREATE INDEX plugin_state_repo ON plugin_state (repo_id);
