-- Conversations that are shared by a link.
CREATE TABLE shares (
    id         BLOB NOT NULL PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    chat_id    BLOB NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    leaf_id    BLOB,                 -- the newest message that is shown; absent: of the branch that its owner sees
    token_hash BLOB NOT NULL UNIQUE, -- SHA-256 of the link's token
    token      BLOB NOT NULL,        -- the same encrypted, so that its owner sees the link again
    sign_in    BOOLEAN NOT NULL,     -- shown to who is signed in here
    indexed    BOOLEAN NOT NULL,     -- search engines may list it
    files      BOOLEAN NOT NULL,     -- with the files of the messages
    views      BIGINT NOT NULL,      -- by others than its owner
    created_at TEXT NOT NULL,
    expires_at TEXT
);
CREATE INDEX shares_by_user ON shares (user_id, id);
CREATE INDEX shares_by_chat ON shares (chat_id, id);
