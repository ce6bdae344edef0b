-- How people keep order among their conversations: folders, tags, what is pinned and what is archived.
CREATE TABLE folders (
    id            BLOB NOT NULL PRIMARY KEY,
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    parent_id     BLOB,                -- the folder that it is in; null: none
    name          TEXT NOT NULL,
    model         TEXT,                -- what conversations in it begin with; null: what the folder around it says
    system_prompt TEXT,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL
);
CREATE INDEX folders_by_user ON folders (user_id);

CREATE TABLE chat_tags (
    chat_id BLOB NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tag     TEXT NOT NULL,
    PRIMARY KEY (chat_id, tag)
);
CREATE INDEX chat_tags_by_user ON chat_tags (user_id, tag, chat_id);

ALTER TABLE chats ADD COLUMN folder_id BLOB REFERENCES folders (id) ON DELETE SET NULL;
ALTER TABLE chats ADD COLUMN pinned_at TEXT;
ALTER TABLE chats ADD COLUMN archived_at TEXT;
CREATE INDEX chats_by_folder ON chats (folder_id, updated_at, id) WHERE folder_id IS NOT NULL;
CREATE INDEX chats_pinned ON chats (user_id, updated_at, id) WHERE pinned_at IS NOT NULL;
CREATE INDEX chats_archived ON chats (user_id, updated_at, id) WHERE archived_at IS NOT NULL;
