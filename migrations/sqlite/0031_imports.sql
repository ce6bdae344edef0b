-- Files with conversations from elsewhere: what was found in one, and what was taken of it.
CREATE TABLE imports (
    id         BLOB NOT NULL PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    size       BIGINT NOT NULL,   -- bytes
    state      TEXT NOT NULL,     -- reading, ready, importing, done, failed
    job_id     BLOB,              -- what works on it
    found      TEXT,              -- JSON
    report     TEXT,              -- JSON
    fault      TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX imports_by_user ON imports (user_id, id);
-- One at a time.
CREATE UNIQUE INDEX imports_one_importing ON imports (user_id) WHERE state = 'importing';
CREATE INDEX imports_by_state ON imports (state, updated_at);

-- By what an imported conversation is known again.
CREATE TABLE imported_chats (
    user_id   BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source    TEXT NOT NULL,
    source_id TEXT NOT NULL,      -- how its source calls it, or the hash of what it said
    chat_id   BLOB NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    import_id BLOB NOT NULL,      -- by which it came
    PRIMARY KEY (user_id, source, source_id)
);
CREATE INDEX imported_chats_by_chat ON imported_chats (chat_id);
