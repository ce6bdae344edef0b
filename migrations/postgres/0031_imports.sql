-- Files with conversations from elsewhere: what was found in one, and what was taken of it.
CREATE TABLE imports (
    id         UUID NOT NULL PRIMARY KEY,
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    size       BIGINT NOT NULL,   -- bytes
    state      TEXT NOT NULL,     -- reading, ready, importing, done, failed
    job_id     UUID,              -- what works on it
    found      JSONB,
    report     JSONB,
    fault      TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX imports_by_user ON imports (user_id, id);
-- One at a time.
CREATE UNIQUE INDEX imports_one_importing ON imports (user_id) WHERE state = 'importing';
CREATE INDEX imports_by_state ON imports (state, updated_at);

-- By what an imported conversation is known again.
CREATE TABLE imported_chats (
    user_id   UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source    TEXT NOT NULL,
    source_id TEXT NOT NULL,      -- how its source calls it, or the hash of what it said
    chat_id   UUID NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    import_id UUID NOT NULL,      -- by which it came
    PRIMARY KEY (user_id, source, source_id)
);
CREATE INDEX imported_chats_by_chat ON imported_chats (chat_id);
