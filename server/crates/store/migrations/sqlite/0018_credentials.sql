-- Second factors: the secret that an authenticator app shares, sealed under the key that key_id names and bound to its account. One that is not
-- confirmed counts for nothing. No code of the time step last_step or of one before it counts again.
CREATE TABLE second_factor (
    account_id BIGINT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    begun_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL
);

-- Codes that stand for the app when it is lost, each once: a row that is used goes.
CREATE TABLE recovery_code (
    account_id BIGINT NOT NULL REFERENCES second_factor (account_id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    PRIMARY KEY (account_id, hash)
);

-- Keys of repositories: each opens git in one of them, whoever holds it.
CREATE TABLE deploy_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    blob BLOB NOT NULL,
    fingerprint TEXT NOT NULL UNIQUE,
    read_only BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX deploy_key_repo ON deploy_key (repo_id);

-- What a token is narrowed to beyond its scopes: ids of repositories with commas between them (all if NULL), patterns of refs, one a line (all
-- if empty), and read or write (as the scopes say if empty).
ALTER TABLE token ADD COLUMN
    repos TEXT;
ALTER TABLE token ADD COLUMN
    refs TEXT NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN
    access TEXT NOT NULL DEFAULT '';
