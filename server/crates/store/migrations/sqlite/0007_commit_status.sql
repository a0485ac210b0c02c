-- What checks found of commits. A finding of the same context takes the place of the one before, which is kept for a while.
CREATE TABLE commit_status (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    sha BLOB NOT NULL,
    context TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('error', 'failure', 'warning', 'pending', 'success', 'skipped')),
    description TEXT NOT NULL,
    target_url TEXT NOT NULL,
    creator_id BIGINT REFERENCES account (id) ON DELETE SET NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX commit_status_context ON commit_status (repo_id, sha, context, id);
CREATE INDEX commit_status_creator ON commit_status (creator_id);
