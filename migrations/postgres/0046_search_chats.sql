-- A search within some conversations looks at their documents, not at all that have its words.
CREATE INDEX search_documents_by_chat ON search_documents (chat_id);
