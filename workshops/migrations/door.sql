ALTER TABLE scan ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS scan_undo ON scan (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX IF NOT EXISTS scan_set_aside ON scan (event, set_aside_at) WHERE set_aside_at IS NOT NULL;
