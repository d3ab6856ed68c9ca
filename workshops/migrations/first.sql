CREATE TABLE IF NOT EXISTS organisation (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    slug VARCHAR(60) NOT NULL,
    kind VARCHAR(20) NOT NULL CHECK (kind IN ('agency', 'municipality', 'exhibitor')),
    name VARCHAR(120) NOT NULL,
    agency_type VARCHAR(30),
    training BOOLEAN NOT NULL DEFAULT false,
    sensitive BOOLEAN NOT NULL DEFAULT false,
    commune VARCHAR(5),
    email VARCHAR(254),
    phone VARCHAR(20),
    website VARCHAR(200),
    created_at TIMESTAMPTZ NOT NULL,
    archived_at TIMESTAMPTZ,
    CHECK (length(slug) > 0)
);
CREATE UNIQUE INDEX IF NOT EXISTS organisation_slug ON organisation (slug);

CREATE TABLE IF NOT EXISTS venue (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    organisation VARCHAR(36) NOT NULL REFERENCES organisation (id),
    commune VARCHAR(5) NOT NULL,
    name VARCHAR(120) NOT NULL,
    address VARCHAR(200) NOT NULL,
    capacity INTEGER,
    access TEXT NOT NULL DEFAULT '',
    equipment TEXT NOT NULL DEFAULT '',
    bus_stop VARCHAR(120),
    latitude DOUBLE PRECISION,
    longitude DOUBLE PRECISION,
    archived_at TIMESTAMPTZ,
    CHECK (capacity IS NULL OR capacity > 0)
);

CREATE TABLE IF NOT EXISTS event (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    title VARCHAR(120) NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    date DATE NOT NULL,
    zone VARCHAR(40) NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    status VARCHAR(20) NOT NULL CHECK (status IN ('draft', 'published', 'closed', 'cancelled')),
    listed BOOLEAN NOT NULL DEFAULT true,
    lead VARCHAR(36) NOT NULL REFERENCES organisation (id),
    venue VARCHAR(36) REFERENCES venue (id),
    publish_at TIMESTAMPTZ,
    sign_up_opens_at TIMESTAMPTZ,
    sign_up_closes_minutes INTEGER NOT NULL DEFAULT 120,
    max_places INTEGER NOT NULL DEFAULT 4,
    funded_by_eu BOOLEAN NOT NULL DEFAULT false,
    strict_door BOOLEAN NOT NULL DEFAULT false,
    unclaimed_after_minutes INTEGER NOT NULL DEFAULT 0,
    cancelled_at TIMESTAMPTZ,
    cancelled_why VARCHAR(300),
    demo BOOLEAN NOT NULL DEFAULT false,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CHECK (ends_at > starts_at),
    CHECK (max_places > 0),
    CHECK (sign_up_closes_minutes >= 0),
    CHECK (status IN ('draft', 'cancelled') OR venue IS NOT NULL)
);
CREATE INDEX IF NOT EXISTS event_by_date ON event (date, id);

CREATE TABLE IF NOT EXISTS co_lead (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    organisation VARCHAR(36) NOT NULL REFERENCES organisation (id)
);
CREATE UNIQUE INDEX IF NOT EXISTS co_lead_once ON co_lead (event, organisation);

CREATE TABLE IF NOT EXISTS venue_request (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    venue VARCHAR(36) NOT NULL REFERENCES venue (id),
    status VARCHAR(20) NOT NULL CHECK (status IN ('asked', 'accepted', 'declined', 'withdrawn', 'revoked')),
    from_at TIMESTAMPTZ NOT NULL,
    until_at TIMESTAMPTZ NOT NULL,
    asked_by VARCHAR(36),
    asked_at TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ,
    answered_by VARCHAR(120),
    answered_how VARCHAR(20),
    reason VARCHAR(300),
    proposed_venue VARCHAR(36) REFERENCES venue (id),
    proposed_from_at TIMESTAMPTZ,
    proposed_until_at TIMESTAMPTZ,
    reminded_at TIMESTAMPTZ,
    CHECK (until_at > from_at)
);
CREATE INDEX IF NOT EXISTS venue_request_by_event ON venue_request (event);
CREATE INDEX IF NOT EXISTS venue_request_by_venue ON venue_request (venue, from_at);
CREATE UNIQUE INDEX IF NOT EXISTS venue_request_accepted_once ON venue_request (event) WHERE status = 'accepted';

CREATE TABLE IF NOT EXISTS workshop (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    kind VARCHAR(20) NOT NULL CHECK (kind IN ('stand', 'meeting')),
    status VARCHAR(20) NOT NULL CHECK (status IN ('draft', 'ready', 'cancelled')),
    exhibitor VARCHAR(36) REFERENCES organisation (id),
    rome_code VARCHAR(5),
    title VARCHAR(120) NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    prerequisites TEXT NOT NULL DEFAULT '',
    openings INTEGER,
    contract_kinds VARCHAR(120),
    access TEXT NOT NULL DEFAULT '',
    min_age INTEGER,
    eco_transition BOOLEAN NOT NULL DEFAULT false,
    training_title VARCHAR(200),
    training_by VARCHAR(36) REFERENCES organisation (id),
    asks_represented BOOLEAN NOT NULL DEFAULT false,
    stand VARCHAR(20),
    facilitator VARCHAR(120),
    position INTEGER NOT NULL DEFAULT 0,
    proposal TEXT,
    cancelled_at TIMESTAMPTZ,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CHECK (kind = 'meeting' OR status <> 'ready' OR (exhibitor IS NOT NULL AND rome_code IS NOT NULL)),
    CHECK (min_age IS NULL OR min_age BETWEEN 0 AND 99),
    CHECK (openings IS NULL OR openings >= 0)
);
CREATE INDEX IF NOT EXISTS workshop_by_event ON workshop (event, position);

CREATE TABLE IF NOT EXISTS session (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    workshop VARCHAR(36) NOT NULL REFERENCES workshop (id),
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    capacity INTEGER NOT NULL,
    confirmed INTEGER NOT NULL DEFAULT 0,
    offered INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    queue_head INTEGER NOT NULL DEFAULT 0,
    queue_tail INTEGER NOT NULL DEFAULT 0,
    status VARCHAR(20) NOT NULL CHECK (status IN ('open', 'cancelled')),
    cancelled_at TIMESTAMPTZ,
    sequence INTEGER NOT NULL DEFAULT 0,
    updated_at TIMESTAMPTZ NOT NULL,
    CHECK (ends_at > starts_at),
    CHECK (capacity >= 0 AND confirmed >= 0 AND offered >= 0 AND held >= 0 AND waiting >= 0),
    CHECK (confirmed + offered + held <= capacity),
    CHECK (queue_head <= queue_tail),
    CHECK (sequence >= 0)
);
CREATE INDEX IF NOT EXISTS session_by_workshop ON session (workshop, starts_at);
CREATE INDEX IF NOT EXISTS session_by_start ON session (starts_at);

CREATE TABLE IF NOT EXISTS hold (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    session VARCHAR(36) NOT NULL REFERENCES session (id),
    organisation VARCHAR(36) NOT NULL REFERENCES organisation (id),
    places INTEGER NOT NULL,
    named INTEGER NOT NULL DEFAULT 0,
    by_number BOOLEAN NOT NULL DEFAULT false,
    status VARCHAR(20) NOT NULL CHECK (status IN ('active', 'released')),
    until_at TIMESTAMPTZ NOT NULL,
    adult_name VARCHAR(120),
    adult_phone VARCHAR(20),
    note VARCHAR(300),
    created_at TIMESTAMPTZ NOT NULL,
    released_at TIMESTAMPTZ,
    CHECK (places > 0 AND named BETWEEN 0 AND places),
    CHECK (NOT by_number OR (adult_name IS NOT NULL AND adult_phone IS NOT NULL))
);
CREATE INDEX IF NOT EXISTS hold_by_session ON hold (session) WHERE status = 'active';

CREATE TABLE IF NOT EXISTS account (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    email VARCHAR(254) NOT NULL,
    name VARCHAR(120) NOT NULL,
    role VARCHAR(20) NOT NULL CHECK (role IN ('adviser', 'organiser', 'host', 'exhibitor', 'door', 'admin')),
    organisation VARCHAR(36) REFERENCES organisation (id),
    locale VARCHAR(5) NOT NULL,
    password_hash VARCHAR(200),
    totp_secret BYTEA,
    totp_step BIGINT,
    successor VARCHAR(36),
    created_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ,
    CHECK (role = 'admin' OR organisation IS NOT NULL),
    CHECK (email = lower(email))
);
CREATE UNIQUE INDEX IF NOT EXISTS account_email ON account (email);

CREATE TABLE IF NOT EXISTS recovery_code (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    account VARCHAR(36) NOT NULL REFERENCES account (id),
    code_hash VARCHAR(64) NOT NULL,
    used_at TIMESTAMPTZ
);
CREATE INDEX IF NOT EXISTS recovery_code_by_account ON recovery_code (account);

CREATE TABLE IF NOT EXISTS login (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    account VARCHAR(36) NOT NULL REFERENCES account (id),
    token_hash VARCHAR(64) NOT NULL,
    label VARCHAR(120) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX IF NOT EXISTS login_token ON login (token_hash);
CREATE INDEX IF NOT EXISTS login_by_account ON login (account);

CREATE TABLE IF NOT EXISTS api_token (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    name VARCHAR(60) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    role VARCHAR(20) NOT NULL CHECK (role IN ('adviser', 'organiser', 'host', 'exhibitor', 'door', 'admin')),
    organisation VARCHAR(36) REFERENCES organisation (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    CHECK (role = 'admin' OR organisation IS NOT NULL)
);
CREATE UNIQUE INDEX IF NOT EXISTS api_token_name ON api_token (name);
CREATE UNIQUE INDEX IF NOT EXISTS api_token_hash ON api_token (token_hash);

CREATE TABLE IF NOT EXISTS mail_link (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    purpose VARCHAR(30) NOT NULL,
    subject VARCHAR(36) NOT NULL,
    email VARCHAR(254) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX IF NOT EXISTS mail_link_token ON mail_link (token_hash);

CREATE TABLE IF NOT EXISTS attendee (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    kind VARCHAR(20) NOT NULL CHECK (kind IN ('person', 'group')),
    size INTEGER NOT NULL DEFAULT 1,
    first_name VARCHAR(60) NOT NULL,
    last_name VARCHAR(60) NOT NULL,
    search_name VARCHAR(130) NOT NULL,
    email VARCHAR(254),
    phone VARCHAR(20),
    aged_16_or_over BOOLEAN,
    adult_name VARCHAR(120),
    adult_phone VARCHAR(20),
    commune VARCHAR(5),
    accommodations VARCHAR(200),
    represented VARCHAR(120),
    locale VARCHAR(5) NOT NULL,
    agency VARCHAR(36) REFERENCES organisation (id),
    hold VARCHAR(36) REFERENCES hold (id),
    origin VARCHAR(20) NOT NULL CHECK (origin IN ('online', 'invited', 'on_behalf', 'desk', 'walk_in')),
    registered_by VARCHAR(36),
    manage_hash VARCHAR(64) NOT NULL,
    manage_revision INTEGER NOT NULL DEFAULT 1,
    manage_key VARCHAR(16) NOT NULL,
    called_for VARCHAR(30),
    called_at TIMESTAMPTZ,
    anonymised_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CHECK (size > 0),
    CHECK (kind = 'group' OR size = 1)
);
CREATE INDEX IF NOT EXISTS attendee_by_event ON attendee (event, search_name);
CREATE UNIQUE INDEX IF NOT EXISTS attendee_manage ON attendee (manage_hash);
CREATE INDEX IF NOT EXISTS attendee_by_email ON attendee (email) WHERE email IS NOT NULL;
CREATE INDEX IF NOT EXISTS attendee_by_phone ON attendee (phone) WHERE phone IS NOT NULL;
CREATE INDEX IF NOT EXISTS attendee_by_hold ON attendee (hold) WHERE hold IS NOT NULL;
CREATE INDEX IF NOT EXISTS attendee_by_agency ON attendee (agency, event) WHERE agency IS NOT NULL;

CREATE TABLE IF NOT EXISTS person_key (
    key VARCHAR(64) PRIMARY KEY NOT NULL,
    locked_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE IF NOT EXISTS attendee_key (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    attendee VARCHAR(36) NOT NULL REFERENCES attendee (id),
    key VARCHAR(64) NOT NULL,
    active BOOLEAN NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX IF NOT EXISTS attendee_key_once ON attendee_key (event, key) WHERE active;
CREATE INDEX IF NOT EXISTS attendee_key_by_key ON attendee_key (key) WHERE active;
CREATE INDEX IF NOT EXISTS attendee_key_by_attendee ON attendee_key (attendee);

CREATE TABLE IF NOT EXISTS ticket (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    attendee VARCHAR(36) NOT NULL REFERENCES attendee (id),
    status VARCHAR(20) NOT NULL CHECK (status IN ('active', 'replaced')),
    revision INTEGER NOT NULL DEFAULT 1,
    secret_hash VARCHAR(64) NOT NULL,
    secret_key VARCHAR(16) NOT NULL,
    code VARCHAR(9) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    replaced_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX IF NOT EXISTS ticket_secret ON ticket (secret_hash);
CREATE UNIQUE INDEX IF NOT EXISTS ticket_code ON ticket (event, code);
CREATE UNIQUE INDEX IF NOT EXISTS ticket_active_once ON ticket (attendee) WHERE status = 'active';

CREATE TABLE IF NOT EXISTS registration (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    attendee VARCHAR(36) NOT NULL REFERENCES attendee (id),
    session VARCHAR(36) NOT NULL REFERENCES session (id),
    status VARCHAR(20) NOT NULL CHECK (status IN ('confirmed', 'waiting', 'offered', 'cancelled')),
    position INTEGER,
    offered_until TIMESTAMPTZ,
    replaces VARCHAR(36),
    must_choose BOOLEAN NOT NULL DEFAULT false,
    share_with_exhibitor BOOLEAN NOT NULL DEFAULT false,
    hold VARCHAR(36) REFERENCES hold (id),
    sequence INTEGER NOT NULL DEFAULT 0,
    reply_hash VARCHAR(64),
    declined_at TIMESTAMPTZ,
    attendance VARCHAR(20),
    attendance_by VARCHAR(36),
    attendance_why VARCHAR(300),
    created_by VARCHAR(36),
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    cancelled_at TIMESTAMPTZ,
    cancelled_by VARCHAR(36),
    cancelled_why VARCHAR(300),
    CHECK (status <> 'waiting' OR position IS NOT NULL),
    CHECK (status <> 'offered' OR offered_until IS NOT NULL),
    CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    CHECK (attendance IS NULL OR attendance IN ('attended', 'excused', 'no_show', 'unknown')),
    CHECK (sequence >= 0)
);
CREATE UNIQUE INDEX IF NOT EXISTS registration_active_once ON registration (attendee, session) WHERE status <> 'cancelled';
CREATE INDEX IF NOT EXISTS registration_queue ON registration (session, position) WHERE status = 'waiting';
CREATE INDEX IF NOT EXISTS registration_by_session ON registration (session, status);
CREATE INDEX IF NOT EXISTS registration_by_attendee ON registration (attendee);
CREATE INDEX IF NOT EXISTS registration_by_hold ON registration (hold) WHERE hold IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS registration_reply ON registration (reply_hash) WHERE reply_hash IS NOT NULL;

CREATE TABLE IF NOT EXISTS referral (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    agency VARCHAR(36) NOT NULL REFERENCES organisation (id),
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    attendee VARCHAR(36) REFERENCES attendee (id),
    account VARCHAR(36) REFERENCES account (id),
    mode VARCHAR(20) NOT NULL,
    first_name VARCHAR(60),
    email VARCHAR(254),
    phone VARCHAR(20),
    reference VARCHAR(20),
    token_hash VARCHAR(64),
    told BOOLEAN NOT NULL DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    CHECK (mode IN ('invite', 'on_behalf'))
);
CREATE INDEX IF NOT EXISTS referral_by_agency ON referral (agency, event);
CREATE INDEX IF NOT EXISTS referral_by_attendee ON referral (attendee);
CREATE UNIQUE INDEX IF NOT EXISTS referral_token ON referral (token_hash) WHERE token_hash IS NOT NULL;

CREATE TABLE IF NOT EXISTS news_address (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    email VARCHAR(254) NOT NULL,
    locale VARCHAR(5) NOT NULL,
    token_hash VARCHAR(64) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX IF NOT EXISTS news_address_once ON news_address (email) WHERE withdrawn_at IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS news_address_token ON news_address (token_hash);

CREATE TABLE IF NOT EXISTS device (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    workshop VARCHAR(36) REFERENCES workshop (id),
    label VARCHAR(60) NOT NULL,
    link_hash VARCHAR(64) NOT NULL,
    link_expires_at TIMESTAMPTZ NOT NULL,
    token_hash VARCHAR(64),
    made_at TIMESTAMPTZ,
    last_seen_at TIMESTAMPTZ,
    queue_length INTEGER NOT NULL DEFAULT 0,
    created_by VARCHAR(36),
    created_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    set_aside_at TIMESTAMPTZ,
    set_aside_why VARCHAR(300),
    CHECK (queue_length >= 0)
);
CREATE UNIQUE INDEX IF NOT EXISTS device_link ON device (link_hash);
CREATE UNIQUE INDEX IF NOT EXISTS device_token ON device (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX IF NOT EXISTS device_by_event ON device (event);

CREATE TABLE IF NOT EXISTS scan (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    event VARCHAR(36) NOT NULL REFERENCES event (id),
    session VARCHAR(36) REFERENCES session (id),
    device VARCHAR(36) REFERENCES device (id),
    caller VARCHAR(60) NOT NULL,
    nonce VARCHAR(64),
    kind VARCHAR(20) NOT NULL CHECK (kind IN ('in', 'undo', 'walk_in', 'count')),
    undoes VARCHAR(36),
    ticket VARCHAR(36) REFERENCES ticket (id),
    attendee VARCHAR(36) REFERENCES attendee (id),
    unknown_hash VARCHAR(64),
    method VARCHAR(20) NOT NULL,
    people INTEGER NOT NULL DEFAULT 1,
    taken_at TIMESTAMPTZ NOT NULL,
    offset_ms BIGINT NOT NULL DEFAULT 0,
    effective_at TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    phone_outcome VARCHAR(20),
    outcome VARCHAR(20) NOT NULL,
    refused BOOLEAN NOT NULL DEFAULT false,
    let_in BOOLEAN NOT NULL DEFAULT false,
    after_revocation BOOLEAN NOT NULL DEFAULT false,
    set_aside_at TIMESTAMPTZ,
    set_aside_by VARCHAR(36),
    set_aside_why VARCHAR(300),
    CHECK (people > 0),
    CHECK (kind <> 'undo' OR undoes IS NOT NULL)
);
CREATE INDEX IF NOT EXISTS scan_by_event ON scan (event, received_at);
CREATE INDEX IF NOT EXISTS scan_by_attendee ON scan (attendee, effective_at) WHERE attendee IS NOT NULL;
CREATE INDEX IF NOT EXISTS scan_by_session ON scan (session) WHERE session IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS scan_nonce ON scan (event, caller, nonce) WHERE nonce IS NOT NULL;
CREATE INDEX IF NOT EXISTS scan_by_unknown ON scan (unknown_hash) WHERE unknown_hash IS NOT NULL;

CREATE TABLE IF NOT EXISTS message (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    kind VARCHAR(40) NOT NULL,
    channel VARCHAR(10) NOT NULL,
    dedup_key VARCHAR(120) NOT NULL,
    attendee VARCHAR(36) REFERENCES attendee (id),
    registration VARCHAR(36) REFERENCES registration (id),
    event VARCHAR(36) REFERENCES event (id),
    workshop VARCHAR(36) REFERENCES workshop (id),
    venue_request VARCHAR(36) REFERENCES venue_request (id),
    account VARCHAR(36) REFERENCES account (id),
    address_key VARCHAR(64),
    stranger BOOLEAN NOT NULL DEFAULT false,
    state VARCHAR(20) NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'carried', 'superseded', 'expired', 'failed')),
    priority INTEGER NOT NULL DEFAULT 5,
    not_before TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    attempts INTEGER NOT NULL DEFAULT 0,
    claim VARCHAR(36),
    lease_until TIMESTAMPTZ,
    frozen BYTEA,
    carried_by VARCHAR(36),
    last_code INTEGER,
    last_cause VARCHAR(60),
    created_at TIMESTAMPTZ NOT NULL,
    sent_at TIMESTAMPTZ,
    CHECK (attempts >= 0),
    CHECK (channel IN ('mail', 'sms')),
    CHECK (state <> 'sending' OR claim IS NOT NULL)
);
CREATE UNIQUE INDEX IF NOT EXISTS message_once ON message (dedup_key);
CREATE INDEX IF NOT EXISTS message_due ON message (priority, not_before) WHERE state = 'queued';
CREATE INDEX IF NOT EXISTS message_leases ON message (lease_until) WHERE state = 'sending';
CREATE INDEX IF NOT EXISTS message_by_address ON message (address_key, not_before) WHERE address_key IS NOT NULL;
CREATE INDEX IF NOT EXISTS message_by_attendee ON message (attendee);
CREATE INDEX IF NOT EXISTS message_by_departure ON message (sent_at) WHERE sent_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS suppression (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    address_key VARCHAR(64) NOT NULL,
    cause VARCHAR(60) NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    lifted_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX IF NOT EXISTS suppression_once ON suppression (address_key) WHERE lifted_at IS NULL;

CREATE TABLE IF NOT EXISTS idempotency_record (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    caller VARCHAR(60) NOT NULL,
    call VARCHAR(120) NOT NULL,
    key VARCHAR(64) NOT NULL,
    body_hash VARCHAR(64) NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS idempotency_once ON idempotency_record (caller, call, key);
CREATE INDEX IF NOT EXISTS idempotency_by_age ON idempotency_record (created_at);

CREATE TABLE IF NOT EXISTS audit_entry (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor VARCHAR(60) NOT NULL,
    action VARCHAR(60) NOT NULL,
    object_kind VARCHAR(30) NOT NULL,
    object_id VARCHAR(36) NOT NULL,
    event VARCHAR(36) REFERENCES event (id),
    changes TEXT,
    people INTEGER
);
CREATE INDEX IF NOT EXISTS audit_by_object ON audit_entry (object_kind, object_id, at);
CREATE INDEX IF NOT EXISTS audit_by_age ON audit_entry (at);

CREATE TABLE IF NOT EXISTS counter (
    id VARCHAR(120) PRIMARY KEY NOT NULL,
    window_starts_at TIMESTAMPTZ NOT NULL,
    total INTEGER NOT NULL DEFAULT 0
);

