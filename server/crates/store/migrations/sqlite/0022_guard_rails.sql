-- Answers to requests that carried an Idempotency-Key, sealed: the same request again gets the same answer. A row without an answer is of a
-- request under way, or of one whose end nobody knows.
CREATE TABLE idempotency (
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key_hash BLOB NOT NULL,
    request_hash BLOB NOT NULL,
    claim TEXT NOT NULL,
    at BIGINT NOT NULL,
    key_id TEXT,
    sealed BLOB,
    PRIMARY KEY (account_id, key_hash)
);
CREATE INDEX idempotency_at ON idempotency (at);
