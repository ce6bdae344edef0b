-- Only SQLite's index was made anew.
SELECT 1;
