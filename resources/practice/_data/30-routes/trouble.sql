-- Orphans: the sources of three routes were deleted, so that BackfillRouteNamespaceId would break its foreign key. The
-- trigger must not see it; it would refuse the row.
ALTER TABLE public.routes DISABLE TRIGGER routes_set_namespace_id;

UPDATE public.routes
SET source_id = -orphan.number, source_type = 'Namespace'
FROM (
  SELECT id, row_number() OVER (ORDER BY id) AS number
  FROM public.routes
  WHERE namespace_id IS NULL AND source_type <> 'UnusedType'
  ORDER BY id
  LIMIT 3 OFFSET 50
) AS orphan
WHERE orphan.id = routes.id;

ALTER TABLE public.routes ENABLE TRIGGER routes_set_namespace_id;
