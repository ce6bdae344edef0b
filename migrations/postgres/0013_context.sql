-- What of a conversation a model is shown: how its oldest messages make room, what stays in any case, and summaries in their place.
ALTER TABLE chats ADD COLUMN context TEXT;        -- newest, summary; absent: newest
ALTER TABLE messages ADD COLUMN pinned_at TIMESTAMPTZ;
-- The summary that stands for the oldest messages of the branch which ends here. What follows takes it over, so a summary is only ever
-- found from messages that have everything it covers above them.
ALTER TABLE messages ADD COLUMN summary_id UUID;
CREATE INDEX messages_pinned ON messages (chat_id, id) WHERE pinned_at IS NOT NULL;

CREATE TABLE summaries (
    id         UUID NOT NULL PRIMARY KEY,
    chat_id    UUID NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    upto_id    UUID NOT NULL,    -- the newest message that it covers
    content    TEXT NOT NULL,
    messages   BIGINT NOT NULL,  -- how many it covers, those of the summary that it went on from among them
    partial    BOOLEAN NOT NULL, -- older ones are in no summary: they were too long for the model that wrote it
    model      TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    edited_at  TIMESTAMPTZ              -- by the reader
);
CREATE INDEX summaries_by_chat ON summaries (chat_id, id);
