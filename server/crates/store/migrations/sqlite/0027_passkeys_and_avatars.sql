-- Passkeys: public keys whose private halves authenticators keep (WebAuthn). The id is the authenticator's; cose is the key as it came. sign_count is the
-- newest count that was seen; 0 if the authenticator does not count.
CREATE TABLE passkey (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    credential_id BLOB NOT NULL UNIQUE,
    cose BLOB NOT NULL,
    sign_count BIGINT NOT NULL,
    backed_up BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX passkey_account ON passkey (account_id);

-- Challenges that were answered: none is answered twice. A row is good for nothing once the challenge itself has expired.
CREATE TABLE passkey_challenge (
    challenge BLOB PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

-- What a passkey gave for the fields that ask for a code: one for each account, as a hash, good once and for minutes.
CREATE TABLE passkey_code (
    account_id BIGINT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Recovery codes stand for whichever second factor an account has, so they are the account's.
CREATE TABLE recovery_code_of_account (
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    PRIMARY KEY (account_id, hash)
);
INSERT INTO recovery_code_of_account (account_id, hash) SELECT account_id, hash FROM recovery_code;
DROP TABLE recovery_code;
ALTER TABLE recovery_code_of_account RENAME TO recovery_code;

-- Pictures that people chose: PNG, made anew from what was sent. Whoever has none is shown one that follows from the id.
CREATE TABLE account_avatar (
    account_id BIGINT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    png BLOB NOT NULL
);
CREATE TABLE repo_avatar (
    repo_id BIGINT PRIMARY KEY REFERENCES repo (id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    png BLOB NOT NULL
);
