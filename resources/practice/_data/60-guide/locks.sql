-- A session that has rows and does not let go: BackfillProjectsRepositoryStorage meets its lock timeout there. NO KEY: rows
-- that refer to these projects can be written meanwhile.
SELECT id
FROM public.projects
WHERE repository_storage IS NULL
ORDER BY id
OFFSET 20
LIMIT 3
FOR NO KEY UPDATE;
