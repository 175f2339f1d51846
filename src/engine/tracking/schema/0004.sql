-- Where finding a job's rows by the scope took too long, jobs are made of so many rows read in key order, whatever the
-- scope; NULL: by the scope.
ALTER TABLE {{schema}}.planning_frontier ADD COLUMN scan_rows integer;
