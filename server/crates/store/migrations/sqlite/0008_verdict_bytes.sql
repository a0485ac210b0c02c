-- Bytes that the host handed to a policy.
ALTER TABLE verdict ADD COLUMN host_bytes BIGINT NOT NULL DEFAULT 0;
