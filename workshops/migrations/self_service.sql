ALTER TABLE attendee ADD COLUMN renamed_at TIMESTAMPTZ;

CREATE TABLE IF NOT EXISTS lost_link (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    email VARCHAR(254) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX IF NOT EXISTS lost_link_by_age ON lost_link (created_at);
