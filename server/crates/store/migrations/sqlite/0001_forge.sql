-- SQLite. Columns are held to BIGINT, TEXT and BLOB; flags are 0 or 1, times are milliseconds since 1970.
-- Accounts: users and organisations share one table and one name space, since both own repositories.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'org')),
    name TEXT NOT NULL,
    lower_name TEXT NOT NULL UNIQUE,
    full_name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    lower_email TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    website TEXT NOT NULL DEFAULT '',
    location TEXT NOT NULL DEFAULT '',
    password_hash TEXT,
    is_admin BIGINT NOT NULL DEFAULT 0,
    disabled BIGINT NOT NULL DEFAULT 0,
    must_change_password BIGINT NOT NULL DEFAULT 0,
    rules_epoch BIGINT NOT NULL DEFAULT 0,
    names_epoch BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_sign_in_at BIGINT
);
CREATE UNIQUE INDEX account_email ON account (lower_email) WHERE lower_email <> '';

CREATE TABLE org_member (
    org_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
CREATE INDEX org_member_user ON org_member (user_id);

CREATE TABLE ssh_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    blob BLOB NOT NULL,
    fingerprint TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX ssh_key_account ON ssh_key (account_id);

CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    last_eight TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    UNIQUE (account_id, name)
);

CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash BLOB NOT NULL UNIQUE,
    user_agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE sign_in_failure (
    subject TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_failure BIGINT NOT NULL
);

-- Repositories. A deleted one keeps its row for a while, and its name is free meanwhile.
CREATE TABLE repo (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id BIGINT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    lower_name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    website TEXT NOT NULL DEFAULT '',
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'private')),
    archived BIGINT NOT NULL DEFAULT 0,
    default_branch BLOB NOT NULL,
    generation BIGINT NOT NULL DEFAULT 0,
    rules_epoch BIGINT NOT NULL DEFAULT 0,
    gc_epoch BIGINT NOT NULL DEFAULT 0,
    size_bytes BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    pushed_at BIGINT,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX repo_name ON repo (owner_id, lower_name) WHERE deleted_at IS NULL;
CREATE INDEX repo_owner ON repo (owner_id);
CREATE INDEX repo_updated ON repo (updated_at);
CREATE INDEX repo_deleted ON repo (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE repo_redirect (
    owner_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    lower_name TEXT NOT NULL,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    PRIMARY KEY (owner_id, lower_name)
);
CREATE INDEX repo_redirect_repo ON repo_redirect (repo_id);

CREATE TABLE collaborator (
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (repo_id, account_id)
);
CREATE INDEX collaborator_account ON collaborator (account_id);

CREATE TABLE branch_protection (
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    pattern TEXT NOT NULL,
    allow_force BIGINT NOT NULL,
    allow_delete BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (repo_id, pattern)
);

-- Refs. Names are bytes: git does not promise UTF-8.
CREATE TABLE ref (
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    name BLOB NOT NULL,
    oid BLOB NOT NULL,
    peeled BLOB,
    PRIMARY KEY (repo_id, name)
) WITHOUT ROWID;

CREATE TABLE push (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    actor_id BIGINT REFERENCES account (id) ON DELETE SET NULL,
    credential TEXT NOT NULL,
    door TEXT NOT NULL,
    address TEXT NOT NULL,
    options TEXT NOT NULL,
    nonce BLOB NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'refused', 'abandoned')),
    text TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX push_repo ON push (repo_id, id);
CREATE INDEX push_actor ON push (actor_id);
CREATE INDEX push_open ON push (opened_at) WHERE state = 'open';

CREATE TABLE push_ref (
    push_id BIGINT NOT NULL REFERENCES push (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    name BLOB NOT NULL,
    old_oid BLOB NOT NULL,
    new_oid BLOB NOT NULL,
    forced BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (push_id, position)
) WITHOUT ROWID;

CREATE TABLE reflog (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    name BLOB NOT NULL,
    old_oid BLOB NOT NULL,
    new_oid BLOB NOT NULL,
    push_id BIGINT REFERENCES push (id) ON DELETE SET NULL,
    actor_id BIGINT REFERENCES account (id) ON DELETE SET NULL,
    at BIGINT NOT NULL
);
CREATE INDEX reflog_repo ON reflog (repo_id, id);
CREATE INDEX reflog_name ON reflog (repo_id, name, id);
CREATE INDEX reflog_push ON reflog (push_id);
CREATE INDEX reflog_actor ON reflog (actor_id);

-- The catalogue of packs: a row before it is a file, visible only through a committed row of repo_pack.
CREATE TABLE pack (
    hash BLOB PRIMARY KEY,
    bytes BIGINT NOT NULL,
    objects BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('staged', 'live', 'dead')),
    locks BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX pack_dead ON pack (hash) WHERE state = 'dead';

CREATE TABLE pack_stage (
    hash BLOB NOT NULL REFERENCES pack (hash) ON DELETE CASCADE,
    push_id BIGINT NOT NULL REFERENCES push (id) ON DELETE CASCADE,
    lease_until BIGINT NOT NULL,
    PRIMARY KEY (hash, push_id)
);
CREATE INDEX pack_stage_push ON pack_stage (push_id);
CREATE INDEX pack_stage_lease ON pack_stage (lease_until);

CREATE TABLE repo_pack (
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    hash BLOB NOT NULL REFERENCES pack (hash),
    closed BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (repo_id, hash)
);
CREATE INDEX repo_pack_hash ON repo_pack (hash);

-- Plugins. A component is kept once, whatever the number of its installations.
CREATE TABLE plugin_component (
    digest BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    description TEXT NOT NULL,
    worlds TEXT NOT NULL,
    imports TEXT NOT NULL,
    default_config TEXT NOT NULL,
    size BIGINT NOT NULL,
    uploaded_by BIGINT REFERENCES account (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL,
    bytes BLOB NOT NULL
);
CREATE INDEX plugin_component_uploader ON plugin_component (uploaded_by);

CREATE TABLE installation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL CHECK (scope IN ('site', 'account', 'repo')),
    scope_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    digest BLOB NOT NULL REFERENCES plugin_component (digest),
    previous_digest BLOB REFERENCES plugin_component (digest),
    mode TEXT NOT NULL CHECK (mode IN ('enforce', 'monitor', 'off')),
    fail_open BIGINT NOT NULL,
    config TEXT NOT NULL,
    grants TEXT NOT NULL,
    changed_by BIGINT REFERENCES account (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (scope, scope_id, name)
);
CREATE INDEX installation_digest ON installation (digest);
CREATE INDEX installation_previous ON installation (previous_digest);
CREATE INDEX installation_changer ON installation (changed_by);

CREATE TABLE verdict (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    push_id BIGINT NOT NULL REFERENCES push (id) ON DELETE CASCADE,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    installation_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    digest BLOB NOT NULL,
    mode TEXT NOT NULL,
    outcome TEXT NOT NULL,
    text TEXT NOT NULL,
    log TEXT NOT NULL,
    fuel BIGINT NOT NULL,
    memory BIGINT NOT NULL,
    host_calls BIGINT NOT NULL,
    wall_micros BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX verdict_push ON verdict (push_id);
CREATE INDEX verdict_repo ON verdict (repo_id);
CREATE INDEX verdict_installation ON verdict (installation_id, id);

-- What happened: without order in outbox, in order in event. Neither refers to rows that may go.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    repo_id BIGINT,
    payload TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE event (
    seq BIGINT PRIMARY KEY,
    outbox_id BIGINT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    repo_id BIGINT,
    payload TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX event_repo ON event (repo_id, seq);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor_id BIGINT,
    account_id BIGINT,
    repo_id BIGINT,
    address TEXT,
    detail TEXT NOT NULL
);
CREATE INDEX audit_repo ON audit (repo_id, id);
CREATE INDEX audit_account ON audit (account_id, id);
CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_action ON audit (action, id);

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    uses BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- One row: what concerns the whole installation and changes often.
CREATE TABLE site (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    rules_epoch BIGINT NOT NULL,
    last_event BIGINT NOT NULL
);
INSERT INTO site (id, rules_epoch, last_event) VALUES (1, 0, 0);
