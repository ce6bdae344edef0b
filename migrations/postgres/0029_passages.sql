-- The passages of a document's text: what is chosen from where the whole does not fit, and what an answer can cite.
CREATE TABLE passages (
    file_id    UUID NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    ordinal    BIGINT NOT NULL, -- from 0
    start_byte BIGINT NOT NULL, -- bytes of the text
    end_byte   BIGINT NOT NULL,
    page       BIGINT,          -- where it begins, if the text tells
    PRIMARY KEY (file_id, ordinal)
);
-- What a model that embeds made of them.
CREATE TABLE passage_vectors (
    file_id UUID NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    model   TEXT NOT NULL,     -- provider/model
    ordinal BIGINT NOT NULL,
    vector  BYTEA NOT NULL,     -- 32-bit floats, little-endian
    PRIMARY KEY (file_id, model, ordinal)
);

ALTER TABLE messages ADD COLUMN sources JSONB; -- JSON: the passages that an answer can cite, by their numbers

-- What is paid for by another measure than tokens: seconds of a recording, characters of a text.
ALTER TABLE ledger ADD COLUMN unit TEXT;
ALTER TABLE ledger ADD COLUMN units BIGINT;
ALTER TABLE ledger ADD COLUMN unit_price BIGINT; -- micro-dollars for a million of them
