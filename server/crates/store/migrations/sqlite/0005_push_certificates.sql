-- Certificates of signed pushes, refused ones included. A nonce is kept once a push has used it: it is good for one.
CREATE TABLE push_certificate (
    push_id BIGINT PRIMARY KEY REFERENCES push (id) ON DELETE CASCADE,
    text BLOB NOT NULL,
    signature TEXT NOT NULL,
    signer TEXT NOT NULL,
    nonce_status TEXT NOT NULL,
    used_nonce TEXT UNIQUE
);
