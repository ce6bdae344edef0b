-- The index of messages. What is in it is made by the server (src/server/terms.rs), the same for both engines.
CREATE TABLE search_documents (
    message_id UUID NOT NULL PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    chat_id    UUID NOT NULL,
    user_id    UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    terms      TSVECTOR NOT NULL -- without positions
);
CREATE INDEX search_documents_by_user ON search_documents (user_id, message_id);
-- What was just written is found as fast as the rest, so nothing waits in a list of pending entries.
CREATE INDEX search_documents_terms ON search_documents USING gin (terms) WITH (fastupdate = off);
