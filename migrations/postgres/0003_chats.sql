-- Conversations: trees of messages, the runs that write answers, and the log of each run.
CREATE TABLE chats (
    id         UUID NOT NULL PRIMARY KEY,
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    model      TEXT,
    leaf_id    UUID,                -- the newest message of the branch that is shown
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ                 -- can be undone until it is erased
);
CREATE INDEX chats_by_user ON chats (user_id, updated_at, id);

CREATE TABLE messages (
    id            UUID NOT NULL PRIMARY KEY,
    chat_id       UUID NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    parent_id     UUID,
    role          TEXT NOT NULL,
    content       TEXT NOT NULL,
    reasoning     TEXT,
    model         TEXT,
    status        TEXT NOT NULL,
    generation_id UUID,
    usage         JSONB,
    error         JSONB,
    notices       JSONB,
    created_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX messages_by_parent ON messages (chat_id, parent_id, id);
CREATE INDEX messages_by_chat ON messages (chat_id, id);

CREATE TABLE generations (
    id           UUID NOT NULL PRIMARY KEY,
    user_id      UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    chat_id      UUID NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    message_id   UUID NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    request_id   TEXT,
    model        TEXT NOT NULL,
    node         TEXT NOT NULL,
    status       TEXT NOT NULL,
    usage        JSONB,
    error        JSONB,
    last_seq     BIGINT NOT NULL,
    started_at   TIMESTAMPTZ NOT NULL,
    heartbeat_at TIMESTAMPTZ NOT NULL,
    finished_at  TIMESTAMPTZ,
    UNIQUE (user_id, request_id)
);
-- One answer at a time in a conversation.
CREATE UNIQUE INDEX generations_one_running ON generations (chat_id) WHERE status = 'running';
CREATE INDEX generations_by_status ON generations (status, heartbeat_at);
CREATE INDEX generations_by_chat ON generations (chat_id, status);

CREATE TABLE generation_log (
    generation_id UUID NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    first_seq     BIGINT NOT NULL,
    last_seq      BIGINT NOT NULL,
    events        TEXT NOT NULL, -- JSON array, in order
    PRIMARY KEY (generation_id, first_seq)
);
