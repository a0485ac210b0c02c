-- A pack that was folded into another stays until requests that may still read it are over.
ALTER TABLE pack ADD COLUMN keep_until BIGINT NOT NULL DEFAULT 0;
