-- Who is told of what goes wrong, and where to.
CREATE TABLE alert_channels (
    id         BLOB NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL,    -- mail, webhook, slack, feishu, dingtalk, wecom
    name       TEXT NOT NULL,
    target     TEXT NOT NULL,    -- what is shown of where it leads: addresses, or a webhook's host
    cipher     BLOB,             -- the webhook's address and secret, encrypted for its row
    secret     BOOLEAN NOT NULL, -- it has a secret to sign with
    private    BOOLEAN NOT NULL, -- an administrator allowed its address to be in a private network
    language   TEXT NOT NULL,
    enabled    BOOLEAN NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE alert_rules (
    id             BLOB NOT NULL PRIMARY KEY,
    kind           TEXT NOT NULL,    -- error_rate, provider_down, spend, queue, disk, failed_jobs, backup_age
    threshold      INTEGER NOT NULL,
    minutes        INTEGER NOT NULL, -- of the past that are looked at
    channels       TEXT NOT NULL,    -- JSON array of ids; empty: all
    enabled        BOOLEAN NOT NULL,
    silenced_until TEXT,
    created_at     TEXT NOT NULL
);

-- What was over a threshold, until it was not. One of a rule at a time.
CREATE TABLE alerts (
    id          BLOB NOT NULL PRIMARY KEY,
    rule_id     BLOB NOT NULL REFERENCES alert_rules (id) ON DELETE CASCADE,
    value       REAL NOT NULL,
    about       TEXT NOT NULL, -- names: of providers
    started_at  TEXT NOT NULL,
    ended_at    TEXT,
    notified_at TEXT
);
CREATE UNIQUE INDEX alerts_one_open ON alerts (rule_id) WHERE ended_at IS NULL;
CREATE INDEX alerts_by_rule ON alerts (rule_id);

CREATE TABLE alert_deliveries (
    id         BLOB NOT NULL PRIMARY KEY,
    alert_id   BLOB NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    channel_id BLOB NOT NULL REFERENCES alert_channels (id) ON DELETE CASCADE,
    event      TEXT NOT NULL, -- firing, resolved
    state      TEXT NOT NULL, -- queued, sent, failed
    attempts   INTEGER NOT NULL,
    error      TEXT,
    next_at    TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (alert_id, channel_id, event)
);
CREATE INDEX alert_deliveries_queued ON alert_deliveries (next_at) WHERE state = 'queued';
CREATE INDEX alert_deliveries_by_channel ON alert_deliveries (channel_id);
