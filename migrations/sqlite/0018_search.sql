-- The index of messages. What is in it is made by the server (src/server/terms.rs), the same for both engines.
CREATE TABLE search_documents (
    seq        INTEGER NOT NULL PRIMARY KEY, -- its row in the index: the newer the message, the greater
    message_id BLOB NOT NULL UNIQUE REFERENCES messages (id) ON DELETE CASCADE,
    chat_id    BLOB NOT NULL
);
-- It holds no text, and of a term only that a message has it. The tokenizer splits at spaces: there is no other ASCII that is not a
-- letter or digit in what it gets. Words of three letters and more are looked for by their beginning.
CREATE VIRTUAL TABLE search_index USING fts5 (
    terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '3'
);
CREATE TRIGGER search_documents_gone AFTER DELETE ON search_documents BEGIN
    DELETE FROM search_index WHERE rowid = old.seq;
END;
