-- Files that people send. The bytes are in the file store, under the user's id and their hash.
CREATE TABLE files (
    id          UUID NOT NULL PRIMARY KEY,
    user_id     UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    size        BIGINT NOT NULL,       -- bytes; of an upload that is not done: what it will have
    media_type  TEXT NOT NULL,          -- what the content says; empty until it is all here
    hash        TEXT,                   -- SHA-256 of the content; null until it is all here
    state       TEXT NOT NULL,
    fault       TEXT,                   -- why its text or picture could not be read
    text_length BIGINT,                -- characters of the extracted text
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
CREATE INDEX files_by_user ON files (user_id, id);
CREATE INDEX files_by_hash ON files (user_id, hash);
CREATE INDEX files_by_state ON files (state, updated_at);

ALTER TABLE messages ADD COLUMN attachments JSONB; -- JSON: the files that were sent with it, in order
