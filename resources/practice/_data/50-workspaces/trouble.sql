-- Devfiles that cannot be read, of workspaces that run: each is terminated by the backfill, and its row ends in quarantine.
UPDATE remote_development.workspaces AS w
SET desired_state = 'Running', actual_state = 'Running',
  processed_devfile = CASE ranked.rank % 3
    WHEN 0 THEN left(processed_devfile, 700) || E'\n  - ['
    WHEN 1 THEN replace(processed_devfile, '  - gl-start-sshd-command', '  - gl-start-sshd')
    ELSE ''
  END
FROM (
  SELECT id, row_number() OVER (ORDER BY id) AS rank FROM remote_development.workspaces WHERE name LIKE 'workspace-%'
) AS ranked
WHERE ranked.id = w.id AND ranked.rank % 50 = 7 AND w.processed_devfile LIKE '%gl-start-sshd-command%';
