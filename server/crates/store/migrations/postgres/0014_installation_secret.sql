-- Where requests of an installation may go, one entry a line: nowhere until an administrator of the server says where.
ALTER TABLE installation ADD COLUMN
    hosts TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Secrets of installations, each sealed under the key that key_id names and bound to this row's installation, name, destination and header.
CREATE TABLE installation_secret (
    installation_id BIGINT NOT NULL REFERENCES installation (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    destination TEXT COLLATE "C" NOT NULL,
    header TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    set_by BIGINT REFERENCES account (id) ON DELETE SET NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (installation_id, name)
);
CREATE INDEX installation_secret_setter ON installation_secret (set_by);
