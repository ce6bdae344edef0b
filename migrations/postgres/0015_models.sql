-- What administrators say of models, over what their providers list.
CREATE TABLE models (
    id          UUID NOT NULL PRIMARY KEY,
    provider_id UUID NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,      -- at the provider
    config      JSONB NOT NULL,     -- JSON: whether and how it is offered, what is known of it, what it is told first
    updated_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (provider_id, name)
);

-- Who may use a model that is for some people only.
CREATE TABLE model_users (
    model_id UUID NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    user_id  UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (model_id, user_id)
);
CREATE INDEX model_users_by_user ON model_users (user_id);
