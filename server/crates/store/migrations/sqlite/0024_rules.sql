-- OpenPGP keys that sign commits and tags. Proven: its owner has signed a text of this server with it. Two accounts may have the same key: it
-- counts for the commits of an address that the account has proven.
CREATE TABLE gpg_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    armour TEXT NOT NULL,
    proven BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (account_id, fingerprint)
);

-- The ids of a key and its subkeys: what a signature names.
CREATE TABLE gpg_key_part (
    gpg_key_id BIGINT NOT NULL REFERENCES gpg_key (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL,
    PRIMARY KEY (gpg_key_id, key_id)
);
CREATE INDEX gpg_key_part_id ON gpg_key_part (key_id);

-- Of the rules that fit a branch the first holds: by priority, then plain names before patterns, then the oldest. Those of priority 0 all hold
-- beside it: so do the rules of before. What else a rule asks is JSON in settings; accounts and teams are named in it by their ids, which are
-- never given twice.
ALTER TABLE branch_protection ADD COLUMN
    priority BIGINT NOT NULL DEFAULT 0;
ALTER TABLE branch_protection ADD COLUMN
    settings TEXT NOT NULL DEFAULT '{}';

-- Tags that only some may make, move and remove. Accounts: JSON, as above.
CREATE TABLE tag_protection (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    pattern TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (repo_id, pattern)
);

-- Who may write under some paths alone, on which branches: JSON, as above.
CREATE TABLE path_rule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX path_rule_repo ON path_rule (repo_id);
