ALTER TABLE login ADD COLUMN proved_at TIMESTAMPTZ;
ALTER TABLE mail_link ADD COLUMN key_id VARCHAR(16) NOT NULL DEFAULT '';
ALTER TABLE workshop ADD COLUMN invited_at TIMESTAMPTZ;
ALTER TABLE workshop ADD COLUMN answer VARCHAR(20) CHECK (answer IN ('confirmed', 'declined'));
ALTER TABLE workshop ADD COLUMN answered_at TIMESTAMPTZ;
ALTER TABLE workshop ADD COLUMN answer_why VARCHAR(300);
ALTER TABLE workshop ADD COLUMN proposed_at TIMESTAMPTZ;
ALTER TABLE attendee ADD COLUMN called_by VARCHAR(36);

CREATE TABLE IF NOT EXISTS plan_change (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    actor VARCHAR(60) NOT NULL,
    kind VARCHAR(30) NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    why VARCHAR(300),
    people INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    leaves_at TIMESTAMPTZ NOT NULL,
    undone_at TIMESTAMPTZ,
    CHECK (people >= 0)
);
CREATE INDEX IF NOT EXISTS plan_change_by_event ON plan_change (event, created_at);

CREATE TABLE IF NOT EXISTS change_effect (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    plan_change VARCHAR(36) NOT NULL REFERENCES plan_change (id),
    attendee VARCHAR(36) NOT NULL REFERENCES attendee (id),
    registration VARCHAR(36) NOT NULL REFERENCES registration (id),
    effect VARCHAR(20) NOT NULL,
    was_session VARCHAR(36) NOT NULL REFERENCES session (id),
    was_starts_at TIMESTAMPTZ NOT NULL,
    was_ends_at TIMESTAMPTZ NOT NULL,
    was_status VARCHAR(20) NOT NULL,
    was_position INTEGER,
    was_offered_until TIMESTAMPTZ,
    was_must_choose BOOLEAN NOT NULL DEFAULT false,
    was_called_for VARCHAR(30),
    was_called_at TIMESTAMPTZ,
    was_called_by VARCHAR(36)
);
CREATE INDEX IF NOT EXISTS change_effect_by_change ON change_effect (plan_change);
CREATE INDEX IF NOT EXISTS change_effect_by_attendee ON change_effect (attendee);

CREATE TABLE IF NOT EXISTS bulletin (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    actor VARCHAR(60) NOT NULL,
    subject VARCHAR(120) NOT NULL,
    body TEXT NOT NULL,
    chosen TEXT NOT NULL,
    people INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    leaves_at TIMESTAMPTZ NOT NULL,
    undone_at TIMESTAMPTZ,
    CHECK (people >= 0 AND messages >= 0)
);
CREATE INDEX IF NOT EXISTS bulletin_by_event ON bulletin (event, created_at);

CREATE TABLE IF NOT EXISTS import_run (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    actor VARCHAR(60) NOT NULL,
    rows TEXT NOT NULL,
    made TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    confirmed_at TIMESTAMPTZ,
    undone_at TIMESTAMPTZ
);
CREATE INDEX IF NOT EXISTS import_run_by_event ON import_run (event, created_at);

CREATE INDEX IF NOT EXISTS mail_link_by_subject ON mail_link (subject, created_at);

ALTER TABLE message ADD COLUMN mail_link VARCHAR(36) REFERENCES mail_link (id);
ALTER TABLE message ADD COLUMN plan_change VARCHAR(36) REFERENCES plan_change (id);
ALTER TABLE message ADD COLUMN bulletin VARCHAR(36) REFERENCES bulletin (id);
CREATE INDEX IF NOT EXISTS message_by_change ON message (plan_change) WHERE plan_change IS NOT NULL;
CREATE INDEX IF NOT EXISTS message_by_bulletin ON message (bulletin) WHERE bulletin IS NOT NULL;
CREATE INDEX IF NOT EXISTS attendee_to_call ON attendee (event) WHERE called_for IS NOT NULL AND called_at IS NULL;
CREATE INDEX IF NOT EXISTS audit_by_event ON audit_entry (event, at);
DROP INDEX IF EXISTS venue_request_accepted_once;
CREATE UNIQUE INDEX IF NOT EXISTS venue_request_accepted_once_a_hall ON venue_request (event, venue) WHERE status = 'accepted';
