-- What retention removes from the beginning of the security log, an entry of the log tells: which, how many, and the hash of the last.
ALTER TABLE activity_marks ADD COLUMN told_by BIGINT; -- number of that entry; absent: removed before there were such entries

-- One export of a person's data is made at a time: two that were asked for at once wrote the same file.
UPDATE jobs SET state = 'cancelled', finished_at = created_at WHERE kind = 'export' AND state IN ('queued', 'running') AND EXISTS (
    SELECT 1 FROM jobs newer WHERE newer.user_id = jobs.user_id AND newer.kind = 'export' AND newer.state IN ('queued', 'running')
        AND newer.id > jobs.id);
CREATE UNIQUE INDEX jobs_one_export ON jobs (user_id) WHERE kind = 'export' AND state IN ('queued', 'running');
