-- What calls to models used and cost, for ever: without the person and the conversation when these are erased.
CREATE TABLE ledger (
    id                UUID NOT NULL PRIMARY KEY,
    user_id           UUID REFERENCES users (id) ON DELETE SET NULL,
    chat_id           UUID REFERENCES chats (id) ON DELETE SET NULL,
    message_id        UUID,             -- may be gone
    purpose           TEXT NOT NULL,
    provider          TEXT NOT NULL,
    model             TEXT NOT NULL,
    input_tokens      BIGINT NOT NULL,
    cached_tokens     BIGINT NOT NULL,  -- part of the input
    output_tokens     BIGINT NOT NULL,
    reasoning_tokens  BIGINT NOT NULL,  -- part of the output
    estimated         BOOLEAN NOT NULL, -- counted here, not by the provider
    input_price       BIGINT,           -- micro-dollars for a million tokens, as they were then; absent: not known
    cached_price      BIGINT,
    output_price      BIGINT,
    cost              BIGINT,           -- micro-dollars; absent: not known
    tries             BIGINT NOT NULL,
    first_token_ms    BIGINT,
    tokens_per_second DOUBLE PRECISION,
    outcome           TEXT NOT NULL,
    failure           TEXT,
    started_at        TIMESTAMPTZ NOT NULL,
    finished_at       TIMESTAMPTZ NOT NULL,
    quarter           BIGINT NOT NULL   -- of an hour, since 1970, of its end: days begin at one in every time zone
);
CREATE INDEX ledger_by_user ON ledger (user_id, quarter, id);
CREATE INDEX ledger_by_chat ON ledger (chat_id);

-- What was answered before there was a ledger: who counted the tokens, and what they cost, was not kept.
INSERT INTO ledger (id, user_id, chat_id, message_id, purpose, provider, model, input_tokens, cached_tokens, output_tokens, reasoning_tokens,
    estimated, tries, outcome, failure, started_at, finished_at, quarter)
SELECT gen_random_uuid(), user_id, chat_id, message_id, 'chat', substr(model, 1, strpos(model, '/') - 1), substr(model, strpos(model, '/') + 1),
    COALESCE(CAST(usage ->> 'input_tokens' AS BIGINT), 0), COALESCE(CAST(usage ->> 'cached_tokens' AS BIGINT), 0),
    COALESCE(CAST(usage ->> 'output_tokens' AS BIGINT), 0), COALESCE(CAST(usage ->> 'reasoning_tokens' AS BIGINT), 0),
    TRUE, 1, status, error ->> 'kind', started_at, finished_at, CAST(floor(extract(epoch FROM finished_at)) AS BIGINT) / 900
FROM generations WHERE status <> 'running' AND finished_at IS NOT NULL;
