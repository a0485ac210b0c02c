-- Certificates of signed pushes, refused ones included. A nonce is kept once a push has used it: it is good for one.
CREATE TABLE push_certificate (
    push_id BIGINT PRIMARY KEY REFERENCES push (id) ON DELETE CASCADE,
    text BYTEA NOT NULL,
    signature TEXT COLLATE "C" NOT NULL,
    signer TEXT COLLATE "C" NOT NULL,
    nonce_status TEXT COLLATE "C" NOT NULL,
    used_nonce TEXT COLLATE "C" UNIQUE
);
