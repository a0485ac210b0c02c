-- What an administrator set for one repository or one owner: bytes, -1 for no bound, nothing for the site's.
ALTER TABLE account ADD COLUMN quota_git BIGINT;
ALTER TABLE account ADD COLUMN quota_lfs BIGINT;
ALTER TABLE account ADD COLUMN quota_assets BIGINT;
ALTER TABLE repo ADD COLUMN quota_git BIGINT;
ALTER TABLE repo ADD COLUMN quota_lfs BIGINT;
ALTER TABLE repo ADD COLUMN quota_assets BIGINT;
