-- How pages look, the messages that wait for an answer's end, and what is being written.
ALTER TABLE users ADD COLUMN look TEXT NOT NULL DEFAULT '{}'; -- JSON

ALTER TABLE chats ADD COLUMN queue_paused TEXT; -- why: stopped, failed, refused, asked; NULL: it goes on

CREATE TABLE queued (
    id          BLOB NOT NULL PRIMARY KEY,
    user_id     BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    chat_id     BLOB NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL, -- among those of its conversation, the first asked first; gaps are allowed
    content     TEXT NOT NULL,
    model       TEXT,             -- NULL: the conversation's
    attachments TEXT,             -- JSON: ids of files; NULL: none
    request_id  TEXT NOT NULL,    -- of the run that will ask it
    urgent      BOOLEAN NOT NULL DEFAULT FALSE, -- what runs is stopped for it
    created_at  TEXT NOT NULL,
    UNIQUE (user_id, request_id)
);
CREATE INDEX queued_by_chat ON queued (chat_id, position, id);

CREATE TABLE drafts (
    chat_id    BLOB NOT NULL PRIMARY KEY REFERENCES chats (id) ON DELETE CASCADE,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    content    TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE INDEX drafts_by_user ON drafts (user_id);
