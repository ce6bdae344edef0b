-- Reports of use by mail: who wants which, and which were made.
CREATE TABLE digest_choices (
    user_id   BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scope     TEXT NOT NULL, -- own, server
    period    TEXT NOT NULL, -- week, month
    chosen_at TEXT NOT NULL, -- periods that were over by then are not told of
    next_at   TEXT NOT NULL, -- when the next one may be made
    PRIMARY KEY (user_id, scope, period)
);
CREATE INDEX digest_choices_due ON digest_choices (next_at);

-- Each once, also after a restart in the middle.
CREATE TABLE digests (
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scope      TEXT NOT NULL,
    period     TEXT NOT NULL,
    begins     TEXT NOT NULL, -- the first day, YYYY-MM-DD, where the person lived then
    token_hash BLOB UNIQUE,   -- SHA-256 of what ends these mails; NULL: nothing was used, and nothing sent
    made_at    TEXT NOT NULL,
    PRIMARY KEY (user_id, scope, period, begins)
);
CREATE INDEX digests_made ON digests (made_at);
