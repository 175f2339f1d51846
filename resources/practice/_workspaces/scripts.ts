/** The scripts that run in a workspace after its start: one for each command of a postStart event, and what runs them. */
import type { ConfigValues } from './config-values.ts'
import { type Devfile, type ExecCommand, executedAfterStart } from './devfile.ts'
import type { KubernetesObject } from './kubernetes-object.ts'

export const SCRIPTS_VOLUME = 'gl-workspace-scripts'
export const SCRIPTS_PATH = '/workspace-scripts'

/** A command with this label must end before the container counts as started. */
const BLOCKING_LABEL = 'gl-internal-blocking'

const ALL = 'gl-run-poststart-commands.sh'
const BLOCKING = 'gl-run-internal-blocking-poststart-commands.sh'
const NON_BLOCKING = 'gl-run-non-blocking-poststart-commands.sh'

export function scriptsConfigMap(devfile: Devfile, values: ConfigValues): KubernetesObject {
  const { scriptsConfigMap: name, namespace, labels, annotations } = values
  const commands = executedAfterStart(devfile)
  const scripts = Object.fromEntries(commands.map(({ id, commandLine }) => [id, commandLine]))
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels, annotations: annotations.reconciled },
    data: { ...scripts, ...runners(devfile, commands) },
  }
}

/** What the kubelet runs when the container has started. Its output goes where the tools look for it. */
export function postStartHook(devfile: Devfile): string {
  const prepare = ['#!/bin/sh', 'mkdir -p "${GL_WORKSPACE_LOGS_DIR}"', 'ln -sf "${GL_WORKSPACE_LOGS_DIR}" /tmp']
  const logged = '1>>"${GL_WORKSPACE_LOGS_DIR}/poststart-stdout.log" 2>>"${GL_WORKSPACE_LOGS_DIR}/poststart-stderr.log"'
  const run = hasBlocking(devfile)
    ? [`"${SCRIPTS_PATH}/${BLOCKING}" ${logged}`, `"${SCRIPTS_PATH}/${NON_BLOCKING}" ${logged} &`]
    : [`"${SCRIPTS_PATH}/${ALL}" ${logged}`]
  return lines([...prepare, ...run])
}

function runners(devfile: Devfile, commands: readonly ExecCommand[]): Readonly<Record<string, string>> {
  if (!hasBlocking(devfile)) return { [ALL]: runner(commands) }
  return {
    [BLOCKING]: runner(commands.filter(isBlocking)),
    [NON_BLOCKING]: runner(commands.filter((command) => !isBlocking(command))),
  }
}

/** One that fails does not keep the next from running. */
function runner(commands: readonly ExecCommand[]): string {
  const each = commands.flatMap(({ id }) => [
    'echo "$(date -Iseconds): ----------------------------------------"',
    `echo "$(date -Iseconds): Running ${SCRIPTS_PATH}/${id}..."`,
    `"${SCRIPTS_PATH}/${id}" || true`,
  ])
  return lines(['#!/bin/sh', ...each, 'echo "$(date -Iseconds): Finished running all of them."'])
}

/** Of all commands, whether an event names them or not. */
function hasBlocking({ commands }: Devfile): boolean {
  return commands.some(({ exec }) => exec !== undefined && isBlocking(exec))
}

function isBlocking({ label }: { readonly label?: string | undefined }): boolean {
  return label === BLOCKING_LABEL
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`
}
