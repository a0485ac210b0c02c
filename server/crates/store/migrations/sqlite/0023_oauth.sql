-- Applications that act for people by OAuth 2. Those without an owner came with the server: what they are is in the program, and a row is made when
-- somebody first lets one in. Of a secret the hash is kept; public clients have none. Addresses to send browsers back to, one a line.
CREATE TABLE oauth_app (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id BIGINT REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    client_id TEXT NOT NULL UNIQUE,
    secret_hash BLOB,
    redirect_uris TEXT NOT NULL,
    confidential BIGINT NOT NULL,
    skip_consent BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX oauth_app_owner ON oauth_app (owner_id);

-- One sign-in of somebody to such an application, and what they let it do. Its access tokens are signed and not stored; each looks here whether it still
-- stands. generation counts its refresh tokens, of which the newest alone is good: 0 until the code was exchanged.
CREATE TABLE oauth_grant (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    app_id BIGINT NOT NULL REFERENCES oauth_app (id) ON DELETE CASCADE,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    signed_in_at BIGINT NOT NULL,
    generation BIGINT NOT NULL DEFAULT 0,
    refresh_hash BLOB,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    expires_at BIGINT NOT NULL
);
CREATE INDEX oauth_grant_account ON oauth_grant (account_id, app_id);
CREATE INDEX oauth_grant_app ON oauth_grant (app_id);
CREATE INDEX oauth_grant_expiry ON oauth_grant (expires_at);

-- Codes on their way through a browser, as their hashes. A used one stays for its time, so that its second use is seen.
CREATE TABLE oauth_code (
    hash BLOB PRIMARY KEY,
    grant_id BIGINT NOT NULL REFERENCES oauth_grant (id) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    nonce TEXT NOT NULL,
    used BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL
);
CREATE INDEX oauth_code_grant ON oauth_code (grant_id);
CREATE INDEX oauth_code_expiry ON oauth_code (expires_at);

-- What tokens are signed with: the private part sealed under the key that key_id names, the public one as a JWK without its name.
CREATE TABLE oauth_key (
    kid TEXT PRIMARY KEY,
    algorithm TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    public BLOB NOT NULL,
    created_at BIGINT NOT NULL
);
