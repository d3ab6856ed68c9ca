ALTER TABLE event ADD COLUMN reminded_at TIMESTAMPTZ;
ALTER TABLE event ADD COLUMN morning_told_at TIMESTAMPTZ;
ALTER TABLE event ADD COLUMN thanked_at TIMESTAMPTZ;
ALTER TABLE attendee ADD COLUMN coming_at TIMESTAMPTZ;
ALTER TABLE attendee ADD COLUMN reminders_off_at TIMESTAMPTZ;
ALTER TABLE registration ADD COLUMN reply_key VARCHAR(16);
ALTER TABLE registration ADD COLUMN replied_at TIMESTAMPTZ;
ALTER TABLE registration ADD COLUMN asked_at TIMESTAMPTZ;
ALTER TABLE registration ADD COLUMN invited BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE registration ADD COLUMN invited_sequence INTEGER;
ALTER TABLE message ADD COLUMN bounced_at TIMESTAMPTZ;
ALTER TABLE suppression ADD COLUMN lifted_by VARCHAR(36);
CREATE TABLE IF NOT EXISTS mail_pause (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    cause VARCHAR(60) NOT NULL,
    code INTEGER,
    paused_at TIMESTAMPTZ NOT NULL,
    paused_by VARCHAR(36),
    resumed_at TIMESTAMPTZ,
    resumed_by VARCHAR(36)
);
CREATE UNIQUE INDEX IF NOT EXISTS mail_pause_open ON mail_pause ((resumed_at IS NULL)) WHERE resumed_at IS NULL;
CREATE TABLE IF NOT EXISTS inbound (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    message_id_hash VARCHAR(64) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    outcome VARCHAR(40) NOT NULL,
    message VARCHAR(36) REFERENCES message (id),
    registration VARCHAR(36) REFERENCES registration (id),
    address_key VARCHAR(64),
    status VARCHAR(12),
    received_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS inbound_once ON inbound (message_id_hash);
CREATE INDEX IF NOT EXISTS inbound_by_address ON inbound (address_key, received_at) WHERE address_key IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS registration_by_reply ON registration (reply_hash) WHERE reply_hash IS NOT NULL;
