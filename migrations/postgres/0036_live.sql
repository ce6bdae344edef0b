-- What ended in a conversation while nobody looked (how far its owner has read, and when its last answer ended), and who is told of it.
ALTER TABLE chats ADD COLUMN answered_at TIMESTAMPTZ; -- not of an answer that was stopped; NULL: none yet
ALTER TABLE chats ADD COLUMN read_at TIMESTAMPTZ;     -- NULL: from before this was kept, and taken for read
CREATE INDEX chats_unread ON chats (user_id) WHERE answered_at > read_at;

-- Devices that are told of finished answers while no page is open.
CREATE TABLE push_devices (
    id            UUID NOT NULL PRIMARY KEY,
    user_id       UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    endpoint_hash BYTEA NOT NULL UNIQUE, -- SHA-256 of the address
    cipher        BYTEA NOT NULL,        -- JSON, encrypted: address and keys
    session_hash  BYTEA,                 -- of the sign-in that it goes with; NULL: of a program
    user_agent    TEXT,
    created_at    TIMESTAMPTZ NOT NULL,
    told_at       TIMESTAMPTZ                  -- when a message was taken last; NULL: never
);
CREATE INDEX push_devices_by_user ON push_devices (user_id, id);
