ALTER TABLE event ADD COLUMN news_told_at TIMESTAMPTZ;
ALTER TABLE message ADD COLUMN news_address VARCHAR(36) REFERENCES news_address (id);
CREATE INDEX IF NOT EXISTS message_by_news_address ON message (news_address) WHERE news_address IS NOT NULL
