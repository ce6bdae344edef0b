-- How providers are asked: their limits, several keys for one, and whom to ask instead.
ALTER TABLE providers ADD COLUMN limits TEXT; -- JSON; what is absent is the configuration's
ALTER TABLE providers ADD COLUMN private BOOLEAN NOT NULL DEFAULT FALSE; -- an administrator allowed its address to be in a private network
-- What could be reached before the question was asked still can.
UPDATE providers SET private = TRUE WHERE base_url IS NOT NULL;

CREATE TABLE provider_keys (
    id          BLOB NOT NULL PRIMARY KEY,
    provider_id BLOB NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    label       TEXT NOT NULL,
    cipher      BLOB NOT NULL, -- encrypted for its provider; the nonce stands before the ciphertext
    created_at  TEXT NOT NULL
);
CREATE INDEX provider_keys_by_provider ON provider_keys (provider_id, created_at, id);
INSERT INTO provider_keys (id, provider_id, label, cipher, created_at)
    SELECT id, id, 'default', key_cipher, created_at FROM providers WHERE key_cipher IS NOT NULL;
-- No longer read. What was deleted has to be gone, so nothing of it stays here.
UPDATE providers SET key_cipher = NULL;

-- Which model answers when another cannot.
CREATE TABLE fallbacks (
    id               BLOB NOT NULL PRIMARY KEY,
    provider_id      BLOB NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    model            TEXT NOT NULL, -- empty: every model of the provider that has no line of its own
    next_provider_id BLOB NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    next_model       TEXT NOT NULL,
    created_at       TEXT NOT NULL,
    UNIQUE (provider_id, model)
);
CREATE INDEX fallbacks_by_next ON fallbacks (next_provider_id);
