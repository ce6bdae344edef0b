-- How models are asked and what is kept of it: the API and the place of a provider, the key of a call, what a vendor wants back with the
-- next question, and the questions that may follow an answer.
ALTER TABLE providers ADD COLUMN api TEXT NOT NULL DEFAULT 'chat';      -- chat, responses
ALTER TABLE providers ADD COLUMN position INTEGER NOT NULL DEFAULT 0;   -- 1 is the first; 0 everywhere: nobody put them in order

ALTER TABLE ledger ADD COLUMN key_label TEXT;                           -- of the key that was used last, as it was called then
CREATE INDEX ledger_by_key ON ledger (key_label, quarter, id) WHERE key_label IS NOT NULL;

ALTER TABLE messages ADD COLUMN sealed TEXT;                            -- only the vendor can read it; never shown
ALTER TABLE messages ADD COLUMN follow_ups TEXT;                        -- JSON: questions that may come next
