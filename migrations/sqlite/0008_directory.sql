-- The list of people, fast when there are many. Each index is one way to sort it and holds all that it can be searched and filtered
-- by, so that only the rows of the page itself are read.
CREATE INDEX users_by_age ON users (created_at, id, name, email, role, email_verified_at, disabled_at, pending_since, delete_after);
CREATE INDEX users_by_name ON users (lower(name), id, name, email, role, email_verified_at, disabled_at, pending_since, delete_after);
CREATE INDEX users_by_email ON users (email, id, name, role, email_verified_at, disabled_at, pending_since, delete_after);
CREATE INDEX users_by_seen ON users (COALESCE(last_seen_at, created_at), id, last_seen_at, created_at, name, email, role, email_verified_at, disabled_at, pending_since, delete_after);

-- The security log by who acted, by what was refused, and by address.
CREATE INDEX activity_by_actor ON activity (actor_id, seq);
CREATE INDEX activity_refused ON activity (seq) WHERE result = 'refused';
CREATE INDEX activity_by_address
    ON activity (json_extract(personal, '$.ip'), seq);
