-- Conversations that administrators have opened, each for a while; and reports of abuse.
CREATE TABLE inspections (
    id         UUID NOT NULL PRIMARY KEY,
    chat_id    UUID NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    admin_id   UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reason     TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX inspections_by_admin ON inspections (admin_id, chat_id, expires_at);
CREATE INDEX inspections_by_chat ON inspections (chat_id);

-- A report goes with who wrote it and with whom it is about; it outlives the message.
CREATE TABLE reports (
    id          UUID NOT NULL PRIMARY KEY,
    reporter_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    owner_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    chat_id     UUID REFERENCES chats (id) ON DELETE SET NULL,
    message_id  UUID REFERENCES messages (id) ON DELETE SET NULL,
    shared      BOOLEAN NOT NULL, -- found by a link to the conversation
    reason      TEXT NOT NULL,    -- illegal, hate, sexual, violence, self_harm, privacy, other
    note        TEXT NOT NULL,    -- in the reporter's words; empty: none
    state       TEXT NOT NULL,    -- open, upheld, dismissed
    created_at  TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ,
    resolved_by UUID REFERENCES users (id) ON DELETE SET NULL,
    UNIQUE (reporter_id, message_id)
);
CREATE INDEX reports_by_state ON reports (state, id);
CREATE INDEX reports_by_chat ON reports (chat_id, state);
CREATE INDEX reports_by_message ON reports (message_id);
CREATE INDEX reports_by_owner ON reports (owner_id);
CREATE INDEX reports_by_resolver ON reports (resolved_by);

-- Everybody's conversations, last written first.
CREATE INDEX chats_by_time ON chats (updated_at, id) WHERE deleted_at IS NULL;
