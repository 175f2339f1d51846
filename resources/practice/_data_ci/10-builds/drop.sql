DROP TABLE IF EXISTS public.ci_builds;
