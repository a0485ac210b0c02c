-- Words by which work is sorted: of a repository, or of an organisation for all of its repositories.
CREATE TABLE label (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT REFERENCES repo (id) ON DELETE CASCADE,
    org_id BIGINT REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    lower_name TEXT NOT NULL,
    color TEXT NOT NULL,
    description TEXT NOT NULL,
    exclusive BIGINT NOT NULL,
    archived_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (repo_id IS NOT NULL OR org_id IS NOT NULL),
    UNIQUE (repo_id, lower_name),
    UNIQUE (org_id, lower_name)
);

-- What is to be done by some day.
CREATE TABLE milestone (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    lower_title TEXT NOT NULL,
    description TEXT NOT NULL,
    due_at BIGINT,
    closed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (repo_id, lower_title)
);

-- Whether others are made after it.
ALTER TABLE repo ADD COLUMN template BIGINT NOT NULL DEFAULT 0;
