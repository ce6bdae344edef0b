-- Where models come from. Keys are encrypted; the nonce stands before the ciphertext.
CREATE TABLE providers (
    id         UUID NOT NULL PRIMARY KEY,
    slug       TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    base_url   TEXT,
    key_cipher BYTEA,
    enabled    BOOLEAN NOT NULL,
    builtin    BOOLEAN NOT NULL, -- made by the server itself; re-made at start, its switch is kept
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
