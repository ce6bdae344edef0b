-- What administrators tell everybody, at the top of every page.
CREATE TABLE announcements (
    id          UUID NOT NULL PRIMARY KEY,
    level       TEXT NOT NULL,    -- info, warning, critical
    texts       JSONB NOT NULL,   -- JSON object: language tag -> text
    dismissible BOOLEAN NOT NULL,
    starts_at   TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ,      -- null: until it is removed
    created_at  TIMESTAMPTZ NOT NULL
);

-- Who does not want to see which any more.
CREATE TABLE announcement_dismissals (
    announcement_id UUID NOT NULL REFERENCES announcements (id) ON DELETE CASCADE,
    user_id         UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (announcement_id, user_id)
);
CREATE INDEX announcement_dismissals_by_user ON announcement_dismissals (user_id);
