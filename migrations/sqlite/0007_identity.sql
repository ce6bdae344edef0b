-- Accounts at other services: which services administrators offer, and whose account there is whose here.
CREATE TABLE identity_providers (
    id            BLOB NOT NULL PRIMARY KEY,
    slug          TEXT NOT NULL UNIQUE, -- stands in addresses, so it never changes
    kind          TEXT NOT NULL,        -- google, github, wechat, oidc
    name          TEXT NOT NULL,        -- on its button
    issuer        TEXT,                 -- NULL: where the kind is at home
    client_id     TEXT NOT NULL,
    secret_cipher BLOB,                 -- the nonce stands before the ciphertext
    scopes        TEXT NOT NULL,        -- separated by spaces; empty: the kind's own
    enabled       BOOLEAN NOT NULL,
    allow_sign_up BOOLEAN NOT NULL,
    position      BIGINT NOT NULL,      -- of its button among the others
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL
);

CREATE TABLE identities (
    id           BLOB NOT NULL PRIMARY KEY,
    provider_id  BLOB NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    subject      TEXT NOT NULL,         -- the provider's own id of the account
    user_id      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email        TEXT,                  -- as the provider told it last
    name         TEXT,
    linked_at    TEXT NOT NULL,
    last_used_at TEXT
);
CREATE UNIQUE INDEX identities_of_one ON identities (provider_id, subject);
CREATE UNIQUE INDEX identities_one_each ON identities (user_id, provider_id);
