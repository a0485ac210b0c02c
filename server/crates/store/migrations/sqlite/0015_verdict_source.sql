-- Where the answer came from: a run of the policy by itself, one that might ask others, or what it said about an equal push before.
ALTER TABLE verdict ADD COLUMN
    source TEXT NOT NULL DEFAULT 'run';
