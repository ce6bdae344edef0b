-- The security log is added to and nothing else: the database refuses what would change it. Two things stay possible. What tells
-- about a person can be erased, and nothing else of the row; and entries can be removed up to a mark, which retention sets first.
CREATE TABLE activity_marks (
    seq  BIGINT NOT NULL PRIMARY KEY, -- entries up to this one may be removed
    hash BLOB NOT NULL                -- of that entry: where the chain goes on
);
CREATE TRIGGER activity_is_not_changed BEFORE UPDATE ON activity
WHEN NEW.personal IS NOT NULL OR NEW.seq IS NOT OLD.seq OR NEW.at IS NOT OLD.at OR NEW.action IS NOT OLD.action
    OR NEW.result IS NOT OLD.result OR NEW.user_id IS NOT OLD.user_id OR NEW.actor_id IS NOT OLD.actor_id
    OR NEW.personal_hash IS NOT OLD.personal_hash OR NEW.hash IS NOT OLD.hash
BEGIN
    SELECT RAISE(ABORT, 'the security log is not changed');
END;
CREATE TRIGGER activity_is_not_removed BEFORE DELETE ON activity
WHEN OLD.seq > (SELECT COALESCE(MAX(seq), 0) FROM activity_marks)
BEGIN
    SELECT RAISE(ABORT, 'the security log is not removed');
END;
-- INSERT OR REPLACE removes without asking the trigger above.
CREATE TRIGGER activity_is_not_replaced BEFORE INSERT ON activity
WHEN EXISTS (SELECT 1 FROM activity WHERE seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'the security log is not replaced');
END;
CREATE TRIGGER activity_marks_are_not_changed BEFORE UPDATE ON activity_marks
BEGIN
    SELECT RAISE(ABORT, 'a mark of the security log is not changed');
END;
