-- Repositories whose history is fetched from elsewhere: under way, or how it ended. What proves who asks there is sealed, and gone at the end.
CREATE TABLE repo_import (
    repo_id BIGINT PRIMARY KEY REFERENCES repo (id) ON DELETE CASCADE,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    key_id TEXT,
    sealed BLOB,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    phase TEXT NOT NULL,
    percent BIGINT NOT NULL,
    reason TEXT NOT NULL,
    tries BIGINT NOT NULL,
    holder TEXT,
    until_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX repo_import_account ON repo_import (account_id);
CREATE INDEX repo_import_under_way ON repo_import (created_at) WHERE state IN ('waiting', 'running');
