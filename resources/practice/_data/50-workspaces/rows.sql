-- Fills remote_development: a hundredth of the practice rows as workspaces, at least 100, and an agent for every fifty of
-- them. Run in one transaction after
--   SELECT set_config('practice.rows', '200000', true)
-- Deterministic: the same number of rows always gives the same data. Stands on no other folder.

SET LOCAL jit = off;

-- Helpers that vanish with the session (README.md beside this folder explains them).
-- A number in [0, 1) that depends on nothing but i and the seed.
CREATE OR REPLACE FUNCTION pg_temp.draw(i bigint, seed bigint) RETURNS float8 IMMUTABLE LANGUAGE sql
  AS 'SELECT (hashint8extended(i, seed) & 9007199254740991)::float8 / 9007199254740992::float8';
-- The id of the i-th of n rows: not from 1, a gap every few rows, deleted ranges, a purged year, a jump above 2^31.
CREATE OR REPLACE FUNCTION pg_temp.gappy(i bigint, n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
  AS 'SELECT 4096 + i + 3 * (i / 7) + 1800 * (i / 5000)
        + CASE WHEN i > n * 55 / 100 THEN 400000 ELSE 0 END
        + CASE WHEN i > n * 97 / 100 THEN 2147483648 ELSE 0 END';

CREATE TEMP TABLE size ON COMMIT DROP AS
SELECT workspaces, greatest(workspaces / 50, 7) AS agents
FROM (
  SELECT greatest(coalesce(nullif(current_setting('practice.rows', true), '')::bigint, 200000) / 100, 100) AS workspaces
) AS setting;

INSERT INTO remote_development.cluster_agents (id, project_id, name)
SELECT 100 + i, 4097 + i, 'agent-' || i
FROM size, generate_series(1, agents) AS i;

-- No two settings go together always, so that every combination of objects is there.
INSERT INTO remote_development.workspaces_agent_configs
  (cluster_agent_id, dns_zone, network_policy_enabled, network_policy_egress, default_resources_per_workspace_container,
   max_resources_per_workspace, allow_privilege_escalation, use_kubernetes_user_namespaces, default_runtime_class,
   shared_namespace, labels, annotations, image_pull_secrets)
SELECT 100 + i, 'workspaces-' || i || '.example.com', i % 4 <> 0,
  CASE WHEN i % 3 = 0
    THEN '[{"allow": "0.0.0.0/0", "except": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]}, {"allow": "10.34.0.0/16"}]'
    ELSE '[{"allow": "0.0.0.0/0", "except": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]}]'
  END::jsonb,
  CASE WHEN i % 2 = 0
    THEN '{"limits": {"cpu": "1500m", "memory": "786Mi"}, "requests": {"cpu": "100m", "memory": "200Mi"}}' ELSE '{}'
  END::jsonb,
  CASE WHEN i % 3 = 1
    THEN '{"limits": {"cpu": "4", "memory": "16Gi"}, "requests": {"cpu": "500m", "memory": "1Gi"}}' ELSE '{}'
  END::jsonb,
  i % 7 = 0, i % 7 = 0, CASE WHEN i % 5 = 0 THEN 'gvisor' ELSE '' END, CASE WHEN i % 6 = 0 THEN 'workspaces' ELSE '' END,
  CASE WHEN i % 2 = 1 THEN jsonb_build_object('cost-center', 'cc-' || i) ELSE '{}' END,
  CASE WHEN i % 3 = 2 THEN jsonb_build_object('example.com/contact', 'team-' || i || '@example.com') ELSE '{}' END,
  CASE WHEN i % 4 = 1 THEN '[{"name": "registry-credentials", "namespace": "default"}]'::jsonb ELSE '[]' END
FROM size, generate_series(1, agents) AS i;

-- A whole devfile as the application stores it; the workspaces below vary it.
CREATE TEMP TABLE template ON COMMIT DROP AS
SELECT $devfile$---
components:
- attributes:
    gl/inject-editor: true
  container:
    dedicatedPod: false
    image: registry.gitlab.com/gitlab-org/workspaces/gitlab-workspaces-docs/ubuntu:22.04
    mountSources: true
    env:
    - name: GL_TOOLS_DIR
      value: "/projects/.gl-tools"
    - name: GL_EDITOR_LOG_LEVEL
      value: info
    - name: GL_EDITOR_PORT
      value: '60001'
    - name: GL_SSH_PORT
      value: '60022'
    - name: GL_EDITOR_ENABLE_MARKETPLACE
      value: 'false'
    endpoints:
    - name: editor-server
      targetPort: 60001
      exposure: public
      secure: true
      protocol: https
    - name: ssh-server
      targetPort: 60022
      exposure: internal
      secure: true
    command:
    - "/bin/sh"
    - "-c"
    args:
    - 'tail -f /dev/null

      '
    volumeMounts:
    - name: gl-workspace-data
      path: "/projects"
  name: tooling-container
- name: gl-tools-injector
  container:
    image: registry.gitlab.com/gitlab-org/workspaces/gitlab-workspaces-tools:15.0.0
    env:
    - name: GL_TOOLS_DIR
      value: "/projects/.gl-tools"
    memoryLimit: 512Mi
    memoryRequest: 256Mi
    cpuLimit: 500m
    cpuRequest: 100m
    volumeMounts:
    - name: gl-workspace-data
      path: "/projects"
- name: gl-project-cloner
  container:
    image: alpine/git:2.45.2
    args:
    - |
      echo "$(date -Iseconds): ----------------------------------------"
      echo "$(date -Iseconds): Cloning project if necessary..."

      if [ -f "/projects/.gl_project_cloning_successful" ]
      then
        echo "$(date -Iseconds): Project cloning was already successful"
        exit 0
      fi

      if [ -d "/projects/gitlab-shell" ]
      then
        echo "$(date -Iseconds): Removing unsuccessfully cloned project directory"
        rm -rf "/projects/gitlab-shell"
      fi

      echo "$(date -Iseconds): Cloning project"
      git clone --branch "main" "http://gdk.test:3000/gitlab-org/gitlab-shell.git" "/projects/gitlab-shell"
      exit_code=$?

      if [ "${exit_code}" -eq 0 ]
      then
        echo "$(date -Iseconds): Project cloning successful"
        touch "/projects/.gl_project_cloning_successful"
        echo "$(date -Iseconds): Updated file to indicate successful project cloning"
      else
        echo "$(date -Iseconds): Project cloning failed with exit code: ${exit_code}" >&2
      fi

      echo "$(date -Iseconds): Finished cloning project if necessary."
      exit "${exit_code}"
    command:
    - "/bin/sh"
    - "-c"
    memoryLimit: 1000Mi
    memoryRequest: 500Mi
    cpuLimit: 500m
    cpuRequest: 100m
    volumeMounts:
    - name: gl-workspace-data
      path: "/projects"
- name: gl-workspace-data
  volume:
    size: 50Gi
metadata: {}
schemaVersion: 2.2.0
commands:
- id: gl-tools-injector-command
  apply:
    component: gl-tools-injector
- id: gl-start-sshd-command
  exec:
    commandLine: |
      #!/bin/sh
      echo "$(date -Iseconds): ----------------------------------------"
      echo "$(date -Iseconds): Starting sshd if it is found..."
      sshd_path=$(which sshd)
      if [ -x "${sshd_path}" ]; then
        echo "$(date -Iseconds): Starting ${sshd_path} on port ${GL_SSH_PORT} with output written to ${GL_WORKSPACE_LOGS_DIR}/start-sshd.log"
        "${sshd_path}" -D -p "${GL_SSH_PORT}" >> "${GL_WORKSPACE_LOGS_DIR}/start-sshd.log" 2>&1 &
      else
        echo "$(date -Iseconds): 'sshd' not found in path. Not starting SSH server." >&2
      fi
      echo "$(date -Iseconds): Finished starting sshd if it is found."
    component: tooling-container
- id: gl-init-tools-command
  exec:
    commandLine: |
      #!/bin/sh
      echo "$(date -Iseconds): ----------------------------------------"
      echo "$(date -Iseconds): Running ${GL_TOOLS_DIR}/init_tools.sh with output written to ${GL_WORKSPACE_LOGS_DIR}/init-tools.log..."
      "${GL_TOOLS_DIR}/init_tools.sh" >> "${GL_WORKSPACE_LOGS_DIR}/init-tools.log" 2>&1 &
      echo "$(date -Iseconds): Finished running ${GL_TOOLS_DIR}/init_tools.sh."
    component: tooling-container
- id: gl-sleep-until-container-is-running-command
  exec:
    commandLine: |
      #!/bin/sh
      echo "$(date -Iseconds): ----------------------------------------"
      echo "$(date -Iseconds): Sleeping until workspace is running..."
      time_to_sleep=5
      status_file="/.workspace-data/variables/file/gl_workspace_reconciled_actual_state.txt"
      while [ "$(cat ${status_file})" != "Running" ]; do
        echo "$(date -Iseconds): Workspace state is '$(cat ${status_file})' from status file '${status_file}'. Blocking remaining postStart events execution for ${time_to_sleep} seconds until state is 'Running'..."
        sleep ${time_to_sleep}
      done
      echo "$(date -Iseconds): Workspace state is now 'Running', continuing postStart hook execution."
      echo "$(date -Iseconds): Finished sleeping until workspace is running."
    component: tooling-container
- id: gl-project-cloner-command
  apply:
    component: gl-project-cloner
events:
  preStart:
  - gl-tools-injector-command
  - gl-project-cloner-command
  postStart:
  - gl-start-sshd-command
  - gl-init-tools-command
  - gl-sleep-until-container-is-running-command
variables: {}
$devfile$::text AS devfile;

CREATE TEMP TABLE workspace ON COMMIT DROP AS
SELECT i, pg_temp.gappy(i, workspaces) AS id, 101 + (i % agents) AS cluster_agent_id,
  4097 + floor(20000 * pg_temp.draw(i, 601))::bigint AS project_id,
  (ARRAY['api', 'web', 'infra', 'docs', 'mobile', 'data', 'ops', 'tools'])[1 + i % 8] AS project,
  pg_temp.draw(i, 602) AS state, pg_temp.draw(i, 603) AS kind
FROM size, generate_series(1, workspaces) AS i;

-- A hundredth have a name that Kubernetes refuses (they were made before names were checked), and one has a script that is
-- too long: the exceptions. The others are as the application makes them today, or made them once: without commands after
-- the start (15 %), with one of them blocking (15 %), with a database beside the tools (15 %).
INSERT INTO remote_development.workspaces
  (id, user_id, project_id, cluster_agent_id, name, namespace, desired_state, actual_state, processed_devfile, created_at,
   updated_at)
SELECT workspace.id, 4097 + i % 5000, project_id, cluster_agent_id,
  CASE WHEN i % 100 = 50 THEN 'Workspace_' ELSE 'workspace-' END || cluster_agent_id || '-' || workspace.id,
  CASE WHEN shared_namespace <> '' THEN shared_namespace ELSE 'gl-rd-ns-' || cluster_agent_id || '-' || workspace.id END,
  stated.desired_state,
  CASE WHEN stated.desired_state = 'Running' AND i % 40 = 0 THEN 'Starting' ELSE stated.desired_state END,
  CASE
    WHEN i = 37 THEN replace(named.devfile, '  #!/bin/sh', '  #!/bin/sh' || repeat(E'\n      echo "padding"', 1500))
    WHEN kind < 0.15 THEN regexp_replace(named.devfile, '  postStart:\n(  - [^\n]*\n)+', '')
    WHEN kind < 0.30 THEN replace(named.devfile, E'- id: gl-init-tools-command\n  exec:',
      E'- id: gl-init-tools-command\n  exec:\n    label: gl-internal-blocking')
    WHEN kind < 0.45 THEN replace(named.devfile, E'metadata: {}\n', database.component || E'metadata: {}\n')
    ELSE named.devfile
  END,
  timestamptz '2024-05-01 08:00Z' + i * (interval '480 days' / workspaces),
  timestamptz '2024-05-01 09:00Z' + i * (interval '480 days' / workspaces)
FROM size
CROSS JOIN template
CROSS JOIN workspace
JOIN remote_development.workspaces_agent_configs USING (cluster_agent_id)
CROSS JOIN LATERAL (
  SELECT replace(replace(template.devfile, 'gitlab-shell', project || '-' || project_id), '"main"',
    (ARRAY['"main"', '"develop"', '"release/18"'])[1 + i % 3]) AS devfile
) AS named
CROSS JOIN LATERAL (
  SELECT CASE WHEN state < 0.25 THEN 'Running' WHEN state < 0.45 THEN 'Stopped' ELSE 'Terminated' END AS desired_state
) AS stated
CROSS JOIN (
  SELECT $component$- name: database
  container:
    image: postgres:15
    mountSources: false
    memoryLimit: 1Gi
    env:
    - name: POSTGRES_PASSWORD
      value: workspace
    endpoints:
    - name: database
      targetPort: 5432
      exposure: none
    volumeMounts:
    - name: database-data
      path: "/var/lib/postgresql/data"
- name: database-data
  volume:
    size: 10Gi
$component$::text AS component
) AS database
ORDER BY workspace.id;

-- What the first, faulty queueing of this backfill left: one in twenty has a state without any object.
INSERT INTO remote_development.workspace_agentk_states (workspace_id, project_id, desired_config, created_at, updated_at)
SELECT id, project_id, '[]', timestamptz '2025-07-15 12:00Z', timestamptz '2025-07-15 12:00Z'
FROM workspace
WHERE i % 20 = 10
ORDER BY id;

SELECT setval(pg_get_serial_sequence('remote_development.cluster_agents', 'id'), max(id)) FROM remote_development.cluster_agents;
SELECT setval(pg_get_serial_sequence('remote_development.workspaces', 'id'), max(id)) FROM remote_development.workspaces;

ANALYZE remote_development.cluster_agents, remote_development.workspaces_agent_configs, remote_development.workspaces,
  remote_development.workspace_agentk_states;
