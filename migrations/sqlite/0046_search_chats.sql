-- Only PostgreSQL has a new index.
SELECT 1;
