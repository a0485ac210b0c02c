-- Objects of Git LFS, catalogued as packs are: a row before it is a file, a repository's only through a row of repo_lfs.
CREATE TABLE lfs_object (
    oid BLOB PRIMARY KEY,
    bytes BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('staged', 'live', 'dead')),
    keep_until BIGINT NOT NULL,
    locks BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE INDEX lfs_object_dead ON lfs_object (oid) WHERE state = 'dead';

CREATE TABLE repo_lfs (
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    oid BLOB NOT NULL REFERENCES lfs_object (oid),
    uploader_id BIGINT REFERENCES account (id) ON DELETE SET NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (repo_id, oid)
);
CREATE INDEX repo_lfs_oid ON repo_lfs (oid);
CREATE INDEX repo_lfs_uploader ON repo_lfs (uploader_id);

-- Who works on a file that cannot be merged. Held by path, whatever the branch.
CREATE TABLE lfs_lock (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    owner_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    locked_at BIGINT NOT NULL,
    UNIQUE (repo_id, path)
);
CREATE INDEX lfs_lock_repo ON lfs_lock (repo_id, id);
CREATE INDEX lfs_lock_owner ON lfs_lock (owner_id);
