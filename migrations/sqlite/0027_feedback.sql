-- What people think of answers. It goes with the answer and with the person.
CREATE TABLE feedback (
    message_id BLOB NOT NULL PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    verdict    TEXT NOT NULL,            -- good, bad
    reason     TEXT,                     -- incorrect, incomplete, instructions, style, unsafe, other
    note       TEXT NOT NULL,            -- in the person's words; empty: none
    updated_at TEXT NOT NULL
);
CREATE INDEX feedback_by_user ON feedback (user_id, message_id);
