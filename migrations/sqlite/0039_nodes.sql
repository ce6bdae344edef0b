-- The processes that serve this database, each as long as it says that it lives. A file belongs to one process, so here it stays empty.
CREATE TABLE nodes (
    id         TEXT NOT NULL PRIMARY KEY,
    role       TEXT NOT NULL,    -- all, web, worker, gateway
    version    TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL
);

-- Runs that no worker has taken yet.
CREATE INDEX generations_waiting ON generations (started_at) WHERE status = 'running' AND node = '';
