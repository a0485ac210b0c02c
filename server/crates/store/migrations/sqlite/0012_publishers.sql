-- Whose signatures this server trusts under a plugin's component: Ed25519 keys in the wire form of SSH.
CREATE TABLE plugin_publisher (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    blob BLOB NOT NULL UNIQUE,
    added_by BIGINT REFERENCES account (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX plugin_publisher_adder ON plugin_publisher (added_by);

-- A signature that was checked when it came. One of a publisher who is not trusted any more is none.
CREATE TABLE component_signature (
    digest BLOB NOT NULL REFERENCES plugin_component (digest) ON DELETE CASCADE,
    publisher_id BIGINT NOT NULL REFERENCES plugin_publisher (id) ON DELETE CASCADE,
    armour TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (digest, publisher_id)
);
CREATE INDEX component_signature_publisher ON component_signature (publisher_id);
