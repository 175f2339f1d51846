-- What goes wrong in production, for `npm start -- --trouble` (docs/practice.md says what to do about each). Run after all
-- rows.sql, in one transaction.

-- Poison: the timeout 0 breaks the check of the new column, "soon" is no number. Two jobs of SplitIntegrationProperties.
UPDATE public.integrations
SET properties = properties || jsonb_build_object('timeout', CASE WHEN position = 1 THEN to_jsonb(0) ELSE to_jsonb('soon'::text) END)
FROM (
  SELECT id, ntile(2) OVER (ORDER BY id) AS position
  FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS number, count(*) OVER () AS rows FROM public.integrations
  ) AS numbered
  WHERE number IN (rows * 3 / 10, rows * 8 / 10)
) AS poison
WHERE poison.id = integrations.id;

-- Slow: each of these fifty events keeps its insert busy for a tenth of a second, as a trigger that somebody forgot would.
CREATE FUNCTION public.practice_slow_event() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_sleep(0.1);
  RETURN NEW;
END;
$$;

CREATE TRIGGER practice_slow_event
  BEFORE INSERT ON public.comment_events
  FOR EACH ROW
  WHEN (NEW.note LIKE 'Slow%')
  EXECUTE FUNCTION public.practice_slow_event();

UPDATE public.project_events
SET payload = jsonb_build_object('note', 'Slow comment')
WHERE id IN (
  -- Spread over the first third of the comments, so that several jobs in a row are slow.
  SELECT id
  FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS number, count(*) OVER () AS comments
    FROM public.project_events
    WHERE action = 'commented'
  ) AS commented
  WHERE number % greatest(1, comments / 150) = 0
  ORDER BY id
  LIMIT 50
);

-- A service that fails for good: it answers 500 to the postcodes of these twenty customers, more than the error budget allows.
UPDATE public.customers
SET postcode = 'broken'
WHERE id IN (SELECT id FROM public.customers ORDER BY id DESC LIMIT 20);
