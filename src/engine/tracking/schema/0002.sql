-- Without a pause several sub-batches are in the air at once, and a sub-batch's row count is known only after it was
-- committed: a later one's progress carries it. So many committed sub-batches are not in "changed" yet; the job's last one
-- writes 0. Whoever takes over a job with more than that cannot know those counts: counts_exact becomes false.
ALTER TABLE {{schema}}.job_progress ADD COLUMN uncounted_sub_batches integer NOT NULL DEFAULT 0;
