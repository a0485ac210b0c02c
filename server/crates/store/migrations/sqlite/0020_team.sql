-- Who sees an organisation and what is in it. Users are public.
ALTER TABLE account ADD COLUMN
    visibility TEXT NOT NULL DEFAULT 'public';
-- Whether members are shown to whoever sees the organisation. The role 'none' stands for what teams give, and no more.
ALTER TABLE org_member ADD COLUMN is_public BIGINT NOT NULL DEFAULT 0;

-- Teams. Levels are 0 none, 1 read, 2 write, 3 admin; the code's is a column, since every decision reads it. Members of the team of owners are
-- those whose role in org_member is 'owner': they have no row in team_member.
CREATE TABLE team (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    lower_name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    permission TEXT NOT NULL CHECK (permission IN ('owner', 'admin', 'write', 'read', 'none')),
    code BIGINT NOT NULL CHECK (code BETWEEN 0 AND 3),
    units TEXT NOT NULL DEFAULT '',
    includes_all BIGINT NOT NULL DEFAULT 0,
    can_create BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (org_id, lower_name)
);
CREATE UNIQUE INDEX team_owners ON team (org_id) WHERE permission = 'owner';

CREATE TABLE team_member (
    team_id BIGINT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    user_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_member_user ON team_member (user_id);

CREATE TABLE team_repo (
    team_id BIGINT NOT NULL REFERENCES team (id) ON DELETE CASCADE,
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, repo_id)
);
CREATE INDEX team_repo_repo ON team_repo (repo_id);

INSERT INTO team (org_id, name, lower_name, permission, code, includes_all, can_create, created_at, updated_at)
SELECT id, 'Owners', 'owners', 'owner', 3, 1, 1, created_at, created_at FROM account WHERE kind = 'org' ORDER BY id;
