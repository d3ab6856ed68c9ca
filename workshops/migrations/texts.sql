ALTER TABLE event ADD COLUMN morning_texted_at TIMESTAMPTZ;
