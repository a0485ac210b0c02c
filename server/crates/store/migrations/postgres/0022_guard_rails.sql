-- Answers to requests that carried an Idempotency-Key, sealed: the same request again gets the same answer. A row without an answer is of a
-- request under way, or of one whose end nobody knows.
CREATE TABLE idempotency (
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key_hash BYTEA NOT NULL,
    request_hash BYTEA NOT NULL,
    claim TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    key_id TEXT COLLATE "C",
    sealed BYTEA,
    PRIMARY KEY (account_id, key_hash)
);
CREATE INDEX idempotency_at ON idempotency (at);
