-- What plugins logged is kept for their newest runs alone.
CREATE INDEX verdict_logged ON verdict (installation_id, id) WHERE log <> '';
