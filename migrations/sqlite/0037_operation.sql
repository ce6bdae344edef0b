-- What administrators tell everybody, at the top of every page.
CREATE TABLE announcements (
    id          BLOB NOT NULL PRIMARY KEY,
    level       TEXT NOT NULL,    -- info, warning, critical
    texts       TEXT NOT NULL,    -- JSON object: language tag -> text
    dismissible BOOLEAN NOT NULL,
    starts_at   TEXT NOT NULL,
    ends_at     TEXT,             -- null: until it is removed
    created_at  TEXT NOT NULL
);

-- Who does not want to see which any more.
CREATE TABLE announcement_dismissals (
    announcement_id BLOB NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
    user_id         BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at      TEXT NOT NULL,
    PRIMARY KEY (announcement_id, user_id)
);
CREATE INDEX announcement_dismissals_by_user ON announcement_dismissals (user_id);
