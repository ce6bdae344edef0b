-- A beginning of more than three letters was put together from the rows of all words that begin so, for every question: 0.1 s and more
-- among a million messages. Beginnings of up to six letters have rows of their own now (docs/PERFORMANCE.md). The index holds no text, so
-- it is filled anew from the messages, newest first, by the job that fills it for old databases.
DROP TRIGGER search_documents_gone;
DROP TABLE search_index;
DELETE FROM search_documents;
DELETE FROM settings WHERE name = 'search_index';
CREATE VIRTUAL TABLE search_index USING fts5 (
    terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '3 4 5 6'
);
CREATE TRIGGER search_documents_gone AFTER DELETE ON search_documents BEGIN
    DELETE FROM search_index WHERE rowid = old.seq;
END;
