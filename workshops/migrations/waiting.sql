ALTER TABLE registration ADD COLUMN offer VARCHAR(20) CHECK (offer IN ('given', 'place', 'exchange', 'proof'));
ALTER TABLE registration ADD COLUMN offered_at TIMESTAMPTZ;
CREATE INDEX IF NOT EXISTS registration_offers ON registration (offered_until) WHERE status = 'offered';

ALTER TABLE session ADD COLUMN waiting_told_at TIMESTAMPTZ;
CREATE INDEX IF NOT EXISTS session_awaited ON session (starts_at) WHERE waiting > 0;
CREATE INDEX IF NOT EXISTS message_by_registration ON message (registration) WHERE registration IS NOT NULL;
CREATE INDEX IF NOT EXISTS message_lost ON message (created_at) WHERE state = 'failed' AND registration IS NOT NULL;
