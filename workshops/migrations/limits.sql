ALTER TABLE registration ADD COLUMN offer VARCHAR(20);
ALTER TABLE registration ADD COLUMN offered_at TIMESTAMPTZ;
ALTER TABLE attendee ADD COLUMN network VARCHAR(64);
ALTER TABLE attendee ADD COLUMN doubted_at TIMESTAMPTZ;
ALTER TABLE attendee ADD COLUMN proved_at TIMESTAMPTZ;
CREATE INDEX IF NOT EXISTS attendee_by_network ON attendee (event, created_at) WHERE network IS NOT NULL;
