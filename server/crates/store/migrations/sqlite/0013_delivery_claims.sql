-- Counts every try that a delivery ever had: a try that was paused while its delivery began anew ends nothing of the new one.
ALTER TABLE delivery ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;
-- When somebody asked for it again: from then on it waits anew.
ALTER TABLE delivery ADD COLUMN asked_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX delivery_held ON delivery (holder) WHERE state = 'running';
-- The event of what somebody did, behind all that handlers made of it.
ALTER TABLE outbox ADD COLUMN root_id BIGINT;
ALTER TABLE event ADD COLUMN root_id BIGINT;
CREATE INDEX event_root ON event (root_id, seq) WHERE root_id IS NOT NULL;
