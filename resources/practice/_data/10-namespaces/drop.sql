DROP TABLE IF EXISTS public.projects, public.namespaces, public.users, public.organizations;
