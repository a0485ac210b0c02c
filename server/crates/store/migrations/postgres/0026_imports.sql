-- Repositories whose history is fetched from elsewhere: under way, or how it ended. What proves who asks there is sealed, and gone at the end.
CREATE TABLE repo_import (
    repo_id BIGINT PRIMARY KEY REFERENCES repo (id) ON DELETE CASCADE,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    url TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C",
    sealed BYTEA,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    phase TEXT COLLATE "C" NOT NULL,
    percent BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    tries BIGINT NOT NULL,
    holder TEXT COLLATE "C",
    until_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX repo_import_account ON repo_import (account_id);
CREATE INDEX repo_import_under_way ON repo_import (created_at) WHERE state IN ('waiting', 'running');
