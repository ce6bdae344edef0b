-- People, the browsers they are signed in with, and the refresh tokens of their programs.
CREATE TABLE users (
    id            UUID NOT NULL PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE, -- trimmed and lower-cased
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    password_hash TEXT,                 -- PHC string
    language      TEXT,
    disabled_at   TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE sessions (
    id_hash      BYTEA NOT NULL PRIMARY KEY, -- SHA-256 of the cookie's value
    user_id      UUID REFERENCES users (id) ON DELETE CASCADE,
    data         JSONB NOT NULL,
    user_agent   TEXT,
    ip           TEXT,
    created_at   TIMESTAMPTZ NOT NULL,
    last_used_at TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A family is one sign-in over the API; it ends when it is signed out or when a used token comes back.
CREATE TABLE token_families (
    id         UUID NOT NULL PRIMARY KEY,
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    ended_at   TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX token_families_by_user ON token_families (user_id);

CREATE TABLE refresh_tokens (
    token_hash BYTEA NOT NULL PRIMARY KEY, -- SHA-256
    family_id  UUID NOT NULL REFERENCES token_families (id) ON DELETE CASCADE,
    used_at    TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family_id);
