DROP TABLE IF EXISTS public.routes;
DROP FUNCTION IF EXISTS public.routes_set_namespace_id();
