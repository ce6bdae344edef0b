-- Letters to people: what waits, what was sent, what failed, and what is held for want of a mail server.
CREATE TABLE mails (
    id         UUID NOT NULL PRIMARY KEY, -- UUID v7: in the order of time
    user_id    UUID REFERENCES users (id) ON DELETE CASCADE,
    recipient  TEXT NOT NULL,
    letter     TEXT NOT NULL,             -- which letter it is
    language   TEXT NOT NULL,
    subject    TEXT NOT NULL,
    body       BYTEA,                      -- text and HTML, encrypted (they hold links); NULL once it was sent
    state      TEXT NOT NULL,             -- queued, sent, failed, held
    attempts   BIGINT NOT NULL DEFAULT 0,
    error      TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    sent_at    TIMESTAMPTZ
);
CREATE INDEX mails_by_user ON mails (user_id);
CREATE INDEX mails_by_recipient ON mails (recipient);
CREATE INDEX mails_by_state ON mails (state, id);
CREATE INDEX mails_by_time ON mails (created_at);
