-- What calls to models used and cost, for ever: without the person and the conversation when these are erased.
CREATE TABLE ledger (
    id                BLOB NOT NULL PRIMARY KEY,
    user_id           BLOB REFERENCES users (id) ON DELETE SET NULL,
    chat_id           BLOB REFERENCES chats (id) ON DELETE SET NULL,
    message_id        BLOB,             -- may be gone
    purpose           TEXT NOT NULL,
    provider          TEXT NOT NULL,
    model             TEXT NOT NULL,
    input_tokens      INTEGER NOT NULL,
    cached_tokens     INTEGER NOT NULL, -- part of the input
    output_tokens     INTEGER NOT NULL,
    reasoning_tokens  INTEGER NOT NULL, -- part of the output
    estimated         BOOLEAN NOT NULL, -- counted here, not by the provider
    input_price       INTEGER,          -- micro-dollars for a million tokens, as they were then; absent: not known
    cached_price      INTEGER,
    output_price      INTEGER,
    cost              INTEGER,          -- micro-dollars; absent: not known
    tries             INTEGER NOT NULL,
    first_token_ms    INTEGER,
    tokens_per_second REAL,
    outcome           TEXT NOT NULL,
    failure           TEXT,
    started_at        TEXT NOT NULL,
    finished_at       TEXT NOT NULL,
    quarter           INTEGER NOT NULL  -- of an hour, since 1970, of its end: days begin at one in every time zone
);
CREATE INDEX ledger_by_user ON ledger (user_id, quarter, id);
CREATE INDEX ledger_by_chat ON ledger (chat_id);

-- What was answered before there was a ledger: who counted the tokens, and what they cost, was not kept.
INSERT INTO ledger (id, user_id, chat_id, message_id, purpose, provider, model, input_tokens, cached_tokens, output_tokens, reasoning_tokens,
    estimated, tries, outcome, failure, started_at, finished_at, quarter)
SELECT randomblob(16), user_id, chat_id, message_id, 'chat', substr(model, 1, instr(model, '/') - 1), substr(model, instr(model, '/') + 1),
    COALESCE(json_extract(usage, '$.input_tokens'), 0), COALESCE(json_extract(usage, '$.cached_tokens'), 0),
    COALESCE(json_extract(usage, '$.output_tokens'), 0), COALESCE(json_extract(usage, '$.reasoning_tokens'), 0),
    TRUE, 1, status, json_extract(error, '$.kind'), started_at, finished_at, CAST(strftime('%s', finished_at) AS INTEGER) / 900
FROM generations WHERE status <> 'running' AND finished_at IS NOT NULL;
