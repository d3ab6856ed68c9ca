ALTER TABLE referral ADD COLUMN last_name VARCHAR(60);
ALTER TABLE referral ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE referral ADD COLUMN key_id VARCHAR(16);
ALTER TABLE referral ADD COLUMN withdrawn_at TIMESTAMPTZ;
ALTER TABLE message ADD COLUMN referral VARCHAR(36) REFERENCES referral (id);
CREATE INDEX IF NOT EXISTS message_by_referral ON message (referral) WHERE referral IS NOT NULL;
CREATE INDEX IF NOT EXISTS message_by_account ON message (account, kind) WHERE account IS NOT NULL;
CREATE INDEX IF NOT EXISTS hold_by_organisation ON hold (organisation) WHERE status = 'active';
