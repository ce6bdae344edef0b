-- What the dashboard shows: the ledger by hours, so that it costs the same however long the ledger is. A job adds what is new. `user_id`
-- is 00…0 in the rows of everybody together, and ff…f in those of people whose accounts were erased.
CREATE TABLE statistics (
    user_id          UUID NOT NULL,
    hour             BIGINT NOT NULL, -- since 1970, of the end of the call
    provider         TEXT NOT NULL,
    model            TEXT NOT NULL,
    calls            BIGINT NOT NULL,
    answers          BIGINT NOT NULL, -- calls that wrote an answer; others wrote titles and summaries
    failed           BIGINT NOT NULL,
    input_tokens     BIGINT NOT NULL,
    cached_tokens    BIGINT NOT NULL,
    output_tokens    BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    estimated        BIGINT NOT NULL, -- calls whose tokens were counted here
    cost             BIGINT NOT NULL, -- micro-dollars, of the calls that have a price
    priced           BIGINT NOT NULL,
    rated            BIGINT NOT NULL, -- calls that have a rate
    rate             BIGINT NOT NULL, -- the sum of their rates, in thousandths of a token per second
    PRIMARY KEY (user_id, hour, provider, model)
);
CREATE INDEX statistics_by_hour ON statistics (hour, user_id, provider, model);

-- The same: how many calls failed, by the class of the failure.
CREATE TABLE statistics_failures (
    user_id  UUID NOT NULL,
    hour     BIGINT NOT NULL,
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    failure  TEXT NOT NULL,
    calls    BIGINT NOT NULL,
    PRIMARY KEY (user_id, hour, provider, model, failure)
);

-- The same: how many calls waited about so long for the first token. A bucket ends a tenth above the one before.
CREATE TABLE statistics_waits (
    user_id  UUID NOT NULL,
    hour     BIGINT NOT NULL,
    provider TEXT NOT NULL,
    model    TEXT NOT NULL,
    bucket   BIGINT NOT NULL,
    calls    BIGINT NOT NULL,
    PRIMARY KEY (user_id, hour, provider, model, bucket)
);

-- What was begun and written in an hour that is over.
CREATE TABLE statistics_hours (
    hour     BIGINT NOT NULL PRIMARY KEY,
    chats    BIGINT NOT NULL,
    messages BIGINT NOT NULL
);
CREATE INDEX chats_by_age ON chats (created_at);
CREATE INDEX messages_by_age ON messages (created_at);

-- Rows that are in no hour yet, however late they came.
ALTER TABLE ledger ADD COLUMN counted BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX ledger_uncounted ON ledger (id) WHERE NOT counted;
-- From a figure down to its rows.
CREATE INDEX ledger_by_quarter ON ledger (quarter, id);
CREATE INDEX ledger_by_model ON ledger (provider, model, quarter, id);
CREATE INDEX ledger_failed ON ledger (failure, quarter, id) WHERE failure IS NOT NULL;
