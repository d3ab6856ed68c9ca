ALTER TABLE event ADD COLUMN published_at TIMESTAMPTZ;
UPDATE event SET published_at = COALESCE(
    (SELECT MAX(j.at) FROM audit_entry j WHERE j.event = event.id AND j.action = 'publish'), event.updated_at
)
WHERE published_at IS NULL AND (status IN ('published', 'closed') OR (status = 'cancelled' AND (demo OR EXISTS (
    SELECT 1 FROM registration r JOIN session s ON s.id = r.session JOIN workshop w ON w.id = s.workshop
    WHERE w.event = event.id
) OR EXISTS (SELECT 1 FROM audit_entry j WHERE j.event = event.id AND j.action = 'publish'))));
