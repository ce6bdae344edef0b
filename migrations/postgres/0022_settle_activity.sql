-- The security log is added to and nothing else: the database refuses what would change it. Two things stay possible. What tells
-- about a person can be erased, and nothing else of the row; and entries can be removed up to a mark, which retention sets first.
CREATE TABLE activity_marks (
    seq  BIGINT NOT NULL PRIMARY KEY, -- entries up to this one may be removed
    hash BYTEA NOT NULL               -- of that entry: where the chain goes on
);
CREATE FUNCTION activity_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the security log is not changed';
END $$;
CREATE FUNCTION activity_erase() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.personal IS NULL
        AND ROW(NEW.seq, NEW.at, NEW.action, NEW.result, NEW.user_id, NEW.actor_id, NEW.personal_hash, NEW.hash)
            IS NOT DISTINCT FROM ROW(OLD.seq, OLD.at, OLD.action, OLD.result, OLD.user_id, OLD.actor_id, OLD.personal_hash, OLD.hash)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the security log is not changed';
END $$;
CREATE FUNCTION activity_remove() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.seq <= (SELECT COALESCE(MAX(seq), 0) FROM activity_marks) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the security log is not removed';
END $$;
CREATE TRIGGER activity_is_not_changed BEFORE UPDATE ON activity FOR EACH ROW EXECUTE FUNCTION activity_erase();
CREATE TRIGGER activity_is_not_removed BEFORE DELETE ON activity FOR EACH ROW EXECUTE FUNCTION activity_remove();
CREATE TRIGGER activity_is_not_emptied BEFORE TRUNCATE ON activity EXECUTE FUNCTION activity_refuse();
CREATE TRIGGER activity_marks_are_not_changed BEFORE UPDATE ON activity_marks FOR EACH ROW EXECUTE FUNCTION activity_refuse();
