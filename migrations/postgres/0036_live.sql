-- What ended in a conversation while nobody looked: how far its owner has read, and when its last answer ended.
ALTER TABLE chats ADD COLUMN answered_at TIMESTAMPTZ; -- not of an answer that was stopped; NULL: none yet
ALTER TABLE chats ADD COLUMN read_at TIMESTAMPTZ;     -- NULL: from before this was kept, and taken for read
CREATE INDEX chats_unread ON chats (user_id) WHERE answered_at > read_at;
