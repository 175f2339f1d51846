/** Why nothing but reading, pausing, resuming and retrying is offered on tables of GitLab's own. */
export const ATTACHED_WHY =
  "These are GitLab's own tracking tables: its workers drive them. Here they are read, paused, resumed and retried."
