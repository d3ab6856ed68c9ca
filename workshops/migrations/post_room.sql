CREATE INDEX IF NOT EXISTS message_failed ON message (created_at) WHERE state = 'failed';
CREATE INDEX IF NOT EXISTS message_waiting ON message (channel, not_before) WHERE state IN ('queued', 'sending');
CREATE INDEX IF NOT EXISTS inbound_by_time ON inbound (received_at);
CREATE INDEX IF NOT EXISTS ticket_by_code ON ticket (code);
