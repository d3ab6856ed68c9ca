ALTER TABLE mail_pause ADD COLUMN channel VARCHAR(10) NOT NULL DEFAULT 'mail';
ALTER TABLE mail_pause ADD COLUMN probed_at TIMESTAMPTZ;
DROP INDEX IF EXISTS mail_pause_open;
CREATE UNIQUE INDEX IF NOT EXISTS mail_pause_of_channel ON mail_pause (channel) WHERE resumed_at IS NULL;
DROP INDEX IF EXISTS message_due;
CREATE INDEX IF NOT EXISTS message_due_first ON message (channel, priority, not_before) WHERE state = 'queued';
CREATE INDEX IF NOT EXISTS message_ahead ON message (address_key, created_at) WHERE state IN ('queued', 'sending');
