-- Addresses of users. account.email is the primary one, and stands here too. An address counts once it was answered, and then for one
-- account alone.
CREATE TABLE email_address (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    email TEXT NOT NULL,
    lower_email TEXT NOT NULL,
    verified BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    UNIQUE (account_id, lower_email)
);
CREATE UNIQUE INDEX email_address_verified ON email_address (lower_email) WHERE verified = 1;
-- Administrators set them, whose word counts.
INSERT INTO email_address (account_id, email, lower_email, verified, created_at)
SELECT id, email, lower_email, 1, created_at FROM account WHERE kind = 'user' AND lower_email <> '' ORDER BY id;

-- Codes by which strangers may sign up, as their hashes.
CREATE TABLE invitation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    note TEXT NOT NULL DEFAULT '',
    uses BIGINT NOT NULL,
    used BIGINT NOT NULL DEFAULT 0,
    created_by BIGINT REFERENCES account (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX invitation_creator ON invitation (created_by);
CREATE INDEX invitation_expiry ON invitation (expires_at);

-- Who wants an account: until the mail to them is answered, and then until somebody approves, if the site asks for that. The hash is that
-- of what the mail holds; it is not known before the mail is written.
CREATE TABLE sign_up (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    lower_name TEXT NOT NULL,
    full_name TEXT NOT NULL,
    email TEXT NOT NULL,
    lower_email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    invitation_id BIGINT REFERENCES invitation (id) ON DELETE CASCADE,
    hash BLOB UNIQUE,
    answered BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX sign_up_answered ON sign_up (lower_email) WHERE answered = 1;
CREATE INDEX sign_up_invitation ON sign_up (invitation_id);
CREATE INDEX sign_up_expiry ON sign_up (expires_at);

-- What a mail holds that proves who got it, as its hash: good once.
CREATE TABLE mail_token (
    hash BLOB PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('verify', 'reset')),
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    lower_email TEXT NOT NULL,
    make_primary BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX mail_token_account ON mail_token (account_id);
CREATE INDEX mail_token_expiry ON mail_token (expires_at);

-- Mails on their way. What one says is sealed, since it may hold such a proof; empty until it is written.
CREATE TABLE mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    account_id BIGINT REFERENCES account (id) ON DELETE CASCADE,
    sign_up_id BIGINT REFERENCES sign_up (id) ON DELETE CASCADE,
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'parked')),
    attempt BIGINT NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    holder TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL
);
CREATE INDEX mail_due ON mail (next_at) WHERE state = 'waiting';
CREATE INDEX mail_account ON mail (account_id);
CREATE INDEX mail_sign_up ON mail (sign_up_id);
CREATE INDEX mail_created ON mail (created_at);
