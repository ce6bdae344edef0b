-- What accounts stand on: more about a person, settings, single-use tickets, background jobs, the security log.
ALTER TABLE users ADD COLUMN email_verified_at TEXT;
ALTER TABLE users ADD COLUMN pending_since TEXT;      -- waits for an administrator's approval
ALTER TABLE users ADD COLUMN delete_after TEXT;       -- deletion was asked for; erased from then on
ALTER TABLE users ADD COLUMN bio TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN time_zone TEXT;          -- IANA name
ALTER TABLE users ADD COLUMN avatar TEXT;             -- hash of the picture's content
ALTER TABLE users ADD COLUMN preferences TEXT NOT NULL DEFAULT '{}';
ALTER TABLE users ADD COLUMN last_seen_at TEXT;

CREATE TABLE settings (
    name       TEXT NOT NULL PRIMARY KEY, -- a group: registration, security, …
    value      TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

CREATE TABLE tickets (
    token_hash BLOB NOT NULL PRIMARY KEY, -- SHA-256
    purpose    TEXT NOT NULL,
    user_id    BLOB REFERENCES users (id) ON DELETE CASCADE,
    data       TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
CREATE INDEX tickets_by_user ON tickets (user_id, purpose);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);

CREATE TABLE jobs (
    id          BLOB NOT NULL PRIMARY KEY,
    kind        TEXT NOT NULL,
    payload     TEXT NOT NULL,
    user_id     BLOB REFERENCES users (id) ON DELETE CASCADE,
    state       TEXT NOT NULL,           -- queued, running, done, failed, cancelled
    attempts    BIGINT NOT NULL DEFAULT 0,
    progress    BIGINT NOT NULL DEFAULT 0, -- percent
    error       TEXT,
    result      TEXT,
    run_at      TEXT NOT NULL,           -- not before
    locked_until TEXT,                   -- of a running one: taken over after this
    created_at  TEXT NOT NULL,
    finished_at TEXT
);
CREATE INDEX jobs_due ON jobs (run_at) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_by_user ON jobs (user_id, kind, created_at);
CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- Append-only; each row's hash covers the one before. What tells about a person is covered by its own hash, so that it can be
-- erased (NULL) without breaking the chain.
CREATE TABLE activity (
    seq           BIGINT NOT NULL PRIMARY KEY,
    at            TEXT NOT NULL,
    action        TEXT NOT NULL,
    result        TEXT NOT NULL,  -- done, refused
    user_id       BLOB,           -- whose account; no reference: the log outlives the account
    actor_id      BLOB,           -- who acted
    personal      TEXT,           -- address, browser, details and a random salt, as JSON; NULL: erased
    personal_hash BLOB NOT NULL,
    hash          BLOB NOT NULL
);
CREATE INDEX activity_by_user ON activity (user_id, seq);
CREATE INDEX activity_by_action ON activity (action, seq);
CREATE INDEX activity_by_time ON activity (at);
