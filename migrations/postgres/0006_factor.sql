-- Second factors, passkeys, browsers that are known, and when it was last proved who is signed in.
CREATE TABLE factors (
    user_id      UUID NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret       BYTEA NOT NULL,              -- of the authenticator app, encrypted for this user
    confirmed_at TIMESTAMPTZ,                       -- absent: it is being set up
    last_step    BIGINT,                     -- the last period whose code was used: none before it is good any more
    failures     BIGINT NOT NULL DEFAULT 0,  -- wrong codes in a row
    locked_until TIMESTAMPTZ,
    created_at   TIMESTAMPTZ NOT NULL
);

CREATE TABLE recovery_codes (
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash  BYTEA NOT NULL, -- SHA-256
    used_at    TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE passkeys (
    id            UUID NOT NULL PRIMARY KEY,
    user_id       UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id BYTEA NOT NULL UNIQUE,
    credential    JSONB NOT NULL, -- public key, counter and the like
    name          TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    last_used_at  TIMESTAMPTZ
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, created_at);

-- Where somebody signed in from before: a browser by its cookie, a program by how and from which network it asks.
CREATE TABLE devices (
    token_hash    BYTEA NOT NULL, -- SHA-256
    user_id       UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    trusted_until TIMESTAMPTZ,          -- no second factor is asked for until then
    last_used_at  TIMESTAMPTZ NOT NULL,
    expires_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);
CREATE INDEX devices_by_user ON devices (user_id);
CREATE INDEX devices_by_expiry ON devices (expires_at);

ALTER TABLE sessions ADD COLUMN proved_at TIMESTAMPTZ;
ALTER TABLE token_families ADD COLUMN proved_at TIMESTAMPTZ;
ALTER TABLE token_families ADD COLUMN last_used_at TIMESTAMPTZ; -- refreshed
ALTER TABLE token_families ADD COLUMN user_agent TEXT;
ALTER TABLE token_families ADD COLUMN ip TEXT;
