-- How models are asked: assistants and prompts that people keep, and what a conversation sets.
CREATE TABLE assistants (
    id         BLOB NOT NULL PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    shared     BOOLEAN NOT NULL,    -- offered to everybody
    name       TEXT NOT NULL,
    icon       TEXT NOT NULL,       -- an emoji or a letter
    model      TEXT,
    setup      TEXT,                -- JSON: system prompt and parameters
    greeting   TEXT NOT NULL,
    starters   TEXT NOT NULL,       -- JSON: questions to begin with
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX assistants_by_user ON assistants (user_id);

CREATE TABLE prompts (
    id         BLOB NOT NULL PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    shared     BOOLEAN NOT NULL,    -- offered to everybody
    title      TEXT NOT NULL,
    command    TEXT NOT NULL,       -- what is typed after the slash
    body       TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (user_id, command)
);

ALTER TABLE chats ADD COLUMN setup TEXT; -- JSON: system prompt and parameters
ALTER TABLE chats ADD COLUMN assistant_id BLOB REFERENCES assistants (id) ON DELETE SET NULL;
CREATE INDEX chats_by_assistant ON chats (assistant_id) WHERE assistant_id IS NOT NULL;
