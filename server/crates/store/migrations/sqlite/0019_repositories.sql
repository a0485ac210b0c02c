-- What is offered of a tag. The tag need not be there: a draft has none yet, and git may delete it at any time.
CREATE TABLE repo_release (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    target TEXT NOT NULL,
    title TEXT NOT NULL,
    note TEXT NOT NULL,
    draft BIGINT NOT NULL,
    prerelease BIGINT NOT NULL,
    author_id BIGINT REFERENCES account (id) ON DELETE SET NULL,
    locks BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    published_at BIGINT,
    UNIQUE (repo_id, tag)
);
CREATE INDEX repo_release_order ON repo_release (repo_id, created_at, id);
CREATE INDEX repo_release_author ON repo_release (author_id);

-- Files of releases. Their bytes are kept as those of Git LFS are, and a file stays while a row of either names it.
CREATE TABLE release_asset (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id BIGINT NOT NULL REFERENCES repo_release (id) ON DELETE CASCADE,
    oid BLOB NOT NULL REFERENCES lfs_object (oid),
    name TEXT NOT NULL,
    downloads BIGINT NOT NULL DEFAULT 0,
    uploader_id BIGINT REFERENCES account (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (release_id, name)
);
CREATE INDEX release_asset_oid ON release_asset (oid);
CREATE INDEX release_asset_uploader ON release_asset (uploader_id);

-- One topic a line, in order.
ALTER TABLE repo ADD COLUMN
    topics TEXT NOT NULL DEFAULT '';

-- Who marked a repository: with a star, or to be told of it. The numbers in repo are counted anew with each change.
ALTER TABLE repo ADD COLUMN stars BIGINT NOT NULL DEFAULT 0;
ALTER TABLE repo ADD COLUMN watchers BIGINT NOT NULL DEFAULT 0;
CREATE TABLE repo_mark (
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('star', 'watch')),
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, kind, repo_id)
);
CREATE INDEX repo_mark_repo ON repo_mark (repo_id, kind, created_at);

-- What a repository was forked from, and how many were forked from it and are not deleted.
ALTER TABLE repo ADD COLUMN parent_id BIGINT REFERENCES repo (id) ON DELETE SET NULL;
ALTER TABLE repo ADD COLUMN forks BIGINT NOT NULL DEFAULT 0;
CREATE INDEX repo_parent ON repo (parent_id) WHERE parent_id IS NOT NULL;
