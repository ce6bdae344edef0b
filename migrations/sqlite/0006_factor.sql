-- Second factors, passkeys, browsers that are known, and when it was last proved who is signed in.
CREATE TABLE factors (
    user_id      BLOB NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       BLOB NOT NULL,              -- of the authenticator app, encrypted for this user
    confirmed_at TEXT,                       -- absent: it is being set up
    last_step    BIGINT,                     -- the last period whose code was used: none before it is good any more
    failures     BIGINT NOT NULL DEFAULT 0,  -- wrong codes in a row
    locked_until TEXT,
    created_at   TEXT NOT NULL
);

CREATE TABLE recovery_codes (
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash  BLOB NOT NULL, -- SHA-256
    used_at    TEXT,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE passkeys (
    id            BLOB NOT NULL PRIMARY KEY,
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id BLOB NOT NULL UNIQUE,
    credential    TEXT NOT NULL, -- public key, counter and the like
    name          TEXT NOT NULL,
    created_at    TEXT NOT NULL,
    last_used_at  TEXT
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at);

-- Where somebody signed in from before: a browser by its cookie, a program by how and from which network it asks.
CREATE TABLE devices (
    token_hash    BLOB NOT NULL, -- SHA-256
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    trusted_until TEXT,          -- no second factor is asked for until then
    last_used_at  TEXT NOT NULL,
    expires_at    TEXT NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);
CREATE INDEX devices_by_user ON devices (user_id);
CREATE INDEX devices_by_expiry ON devices (expires_at);

ALTER TABLE sessions ADD COLUMN proved_at TEXT;
ALTER TABLE token_families ADD COLUMN proved_at TEXT;
ALTER TABLE token_families ADD COLUMN last_used_at TEXT; -- refreshed
ALTER TABLE token_families ADD COLUMN user_agent TEXT;
ALTER TABLE token_families ADD COLUMN ip TEXT;
