-- Several models may answer one question at a time: in its conversation each of their runs has a seat of its own. A run that goes alone
-- has the first, so that a program which knows of no seats still begins one run at a time.
ALTER TABLE generations ADD COLUMN seat INTEGER NOT NULL DEFAULT 0;
DROP INDEX generations_one_running;
CREATE UNIQUE INDEX generations_one_running ON generations (chat_id, seat) WHERE status = 'running';
