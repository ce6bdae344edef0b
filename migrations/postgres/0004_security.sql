-- What accounts stand on: more about a person, settings, single-use tickets, background jobs, the security log.
ALTER TABLE users ADD COLUMN email_verified_at TIMESTAMPTZ;
ALTER TABLE users ADD COLUMN pending_since TIMESTAMPTZ;      -- waits for an administrator's approval
ALTER TABLE users ADD COLUMN delete_after TIMESTAMPTZ;       -- deletion was asked for; erased from then on
ALTER TABLE users ADD COLUMN bio TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN time_zone TEXT;          -- IANA name
ALTER TABLE users ADD COLUMN avatar TEXT;             -- hash of the picture's content
ALTER TABLE users ADD COLUMN preferences JSONB NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN last_seen_at TIMESTAMPTZ;

CREATE TABLE settings (
    name       TEXT NOT NULL PRIMARY KEY, -- a group: registration, security, …
    value      JSONB NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE tickets (
    token_hash BYTEA NOT NULL PRIMARY KEY, -- SHA-256
    purpose    TEXT NOT NULL,
    user_id    UUID REFERENCES users (id) ON DELETE CASCADE,
    data       JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX tickets_by_user ON tickets (user_id, purpose);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);

CREATE TABLE jobs (
    id          UUID NOT NULL PRIMARY KEY,
    kind        TEXT NOT NULL,
    payload     JSONB NOT NULL,
    user_id     UUID REFERENCES users (id) ON DELETE CASCADE,
    state       TEXT NOT NULL,           -- queued, running, done, failed, cancelled
    attempts    BIGINT NOT NULL DEFAULT 0,
    progress    BIGINT NOT NULL DEFAULT 0, -- percent
    error       TEXT,
    result      JSONB,
    run_at      TIMESTAMPTZ NOT NULL,           -- not before
    locked_until TIMESTAMPTZ,                   -- of a running one: taken over after this
    created_at  TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_by_user ON jobs (user_id, kind, created_at);
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- Append-only; each row's hash covers the one before. What tells about a person is covered by its own hash, so that it can be
-- erased (NULL) without breaking the chain.
CREATE TABLE activity (
    seq           BIGINT NOT NULL PRIMARY KEY,
    at            TIMESTAMPTZ NOT NULL,
    action        TEXT NOT NULL,
    result        TEXT NOT NULL,  -- done, refused
    user_id       UUID,           -- whose account; no reference: the log outlives the account
    actor_id      UUID,           -- who acted
    personal      TEXT,           -- address, browser, details and a random salt, as JSON; NULL: erased
    personal_hash BYTEA NOT NULL,
    hash          BYTEA NOT NULL
);
CREATE INDEX activity_by_user ON activity (user_id, seq);
CREATE INDEX activity_by_action ON activity (action, seq);
CREATE INDEX activity_by_time ON activity (at);
