-- A session that has rows and does not let go: BackfillProjectsRepositoryStorage meets its lock timeout there. SHARE: rows that
-- refer to these projects can be written meanwhile, and a second session can take over before the first lets go.
SELECT id
FROM public.projects
WHERE id IN (
  -- By their rank, which stays: whoever takes over has to find the same rows when others have been filled.
  SELECT id
  FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS rank
    FROM public.projects
  ) AS ranked
  WHERE rank IN (210, 220, 230)
)
FOR SHARE;
