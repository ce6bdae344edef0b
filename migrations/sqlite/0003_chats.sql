-- Conversations: trees of messages, the runs that write answers, and the log of each run.
CREATE TABLE chats (
    id         BLOB NOT NULL PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    model      TEXT,
    leaf_id    BLOB,                -- the newest message of the branch that is shown
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    deleted_at TEXT                 -- can be undone until it is erased
);
CREATE INDEX chats_by_user ON chats (user_id, updated_at, id);

CREATE TABLE messages (
    id            BLOB NOT NULL PRIMARY KEY,
    chat_id       BLOB NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    parent_id     BLOB,
    role          TEXT NOT NULL,
    content       TEXT NOT NULL,
    reasoning     TEXT,
    model         TEXT,
    status        TEXT NOT NULL,
    generation_id BLOB,
    usage         TEXT,
    error         TEXT,
    notices       TEXT,
    created_at    TEXT NOT NULL
);
CREATE INDEX messages_by_parent ON messages (chat_id, parent_id, id);
CREATE INDEX messages_by_chat ON messages (chat_id, id);

CREATE TABLE generations (
    id           BLOB NOT NULL PRIMARY KEY,
    user_id      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    chat_id      BLOB NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    message_id   BLOB NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    request_id   TEXT,
    model        TEXT NOT NULL,
    node         TEXT NOT NULL,
    status       TEXT NOT NULL,
    usage        TEXT,
    error        TEXT,
    last_seq     INTEGER NOT NULL,
    started_at   TEXT NOT NULL,
    heartbeat_at TEXT NOT NULL,
    finished_at  TEXT,
    UNIQUE (user_id, request_id)
);
-- One answer at a time in a conversation.
CREATE UNIQUE INDEX generations_one_running ON generations (chat_id) WHERE status = 'running';
CREATE INDEX generations_by_status ON generations (status, heartbeat_at);
CREATE INDEX generations_by_chat ON generations (chat_id, status);

CREATE TABLE generation_log (
    generation_id BLOB NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    first_seq     INTEGER NOT NULL,
    last_seq      INTEGER NOT NULL,
    events        TEXT NOT NULL, -- JSON array, in order
    PRIMARY KEY (generation_id, first_seq)
);
