DROP TABLE IF EXISTS public.duo_workflows_workflows_before, public.duo_workflows_workflows,
  public.ai_catalog_item_consumers, public.ai_catalog_item_versions, public.ai_catalog_items;
