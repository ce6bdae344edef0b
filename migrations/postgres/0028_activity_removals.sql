-- What retention removes from the beginning of the security log, an entry of the log tells: which, how many, and the hash of the last.
ALTER TABLE activity_marks ADD COLUMN told_by BIGINT; -- number of that entry; absent: removed before there were such entries
