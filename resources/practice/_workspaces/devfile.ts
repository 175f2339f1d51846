/** The stored `processed_devfile`: a devfile 2.2 whose parent and plugins were merged in when the workspace was made. */
import { CORE_SCHEMA, load, YAMLException } from 'js-yaml'
import { z } from 'tranche'

// Ids become keys of a ConfigMap, file names and words of a shell script; names become names of Kubernetes objects.
const id = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
const quantity = z.union([z.string(), z.number()]).transform(String)

const containerSchema = z.object({
  image: z.string().min(1),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z
    .array(z.object({ name: z.string(), value: z.union([z.string(), z.number(), z.boolean()]).transform(String) }))
    .default([]),
  endpoints: z
    .array(
      z.object({
        name: id,
        targetPort: z.int().min(1).max(65_535),
        exposure: z.enum(['public', 'internal', 'none']).default('public'),
      }),
    )
    .default([]),
  volumeMounts: z.array(z.object({ name: id, path: z.string().optional() })).default([]),
  mountSources: z.boolean().default(true),
  sourceMapping: z.string().default('/projects'),
  memoryLimit: quantity.optional(),
  memoryRequest: quantity.optional(),
  cpuLimit: quantity.optional(),
  cpuRequest: quantity.optional(),
})

const devfileSchema = z.object({
  schemaVersion: z.string(),
  components: z.array(
    z.object({
      name: id,
      container: containerSchema.optional(),
      volume: z.object({ size: quantity.default('1Gi'), ephemeral: z.boolean().default(false) }).optional(),
    }),
  ),
  commands: z
    .array(
      z.object({
        id,
        apply: z.object({ component: id }).optional(),
        exec: z.object({ component: id, commandLine: z.string(), label: z.string().optional() }).optional(),
      }),
    )
    .default([]),
  events: z.object({ preStart: z.array(id).default([]), postStart: z.array(id).default([]) }).prefault({}),
  variables: z.record(z.string(), z.string()).default({}),
})

export type Devfile = z.infer<typeof devfileSchema>
export type DevfileContainer = z.infer<typeof containerSchema>

export interface ExecCommand {
  readonly id: string
  readonly component: string
  readonly commandLine: string
  readonly label: string | undefined
}

/** Throws DevfileError where the text is no YAML, and with every field that is not as expected. */
export function parseDevfile(text: string): Devfile {
  const document = readYaml(text)
  const parsed = devfileSchema.safeParse(document)
  if (!parsed.success) throw new DevfileError(z.prettifyError(parsed.error))
  const { variables } = parsed.data
  return Object.keys(variables).length === 0
    ? parsed.data
    : devfileSchema.parse(substitute(document, new Map(Object.entries(variables))))
}

/** The components that the preStart events apply, in their order. Throws where an event names what cannot be applied. */
export function appliedBeforeStart(devfile: Devfile): readonly { commandId: string; component: string }[] {
  return devfile.events.preStart.map((commandId) => {
    const { apply } = commandOf(devfile, commandId)
    if (apply === undefined) throw new DevfileError(`preStart: command "${commandId}" does not apply a component`)
    return { commandId, component: apply.component }
  })
}

/** The commands of the postStart events, in their order. Throws where an event names what cannot be executed. */
export function executedAfterStart(devfile: Devfile): readonly ExecCommand[] {
  return devfile.events.postStart.map((commandId) => {
    const { exec } = commandOf(devfile, commandId)
    if (exec === undefined) throw new DevfileError(`postStart: command "${commandId}" does not execute anything`)
    return { id: commandId, component: exec.component, commandLine: exec.commandLine, label: exec.label }
  })
}

export class DevfileError extends Error {
  override readonly name = 'DevfileError'
}

function readYaml(text: string): unknown {
  try {
    // The core schema: a date stays the text that it is.
    return load(text, { schema: CORE_SCHEMA })
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause
    // Its message would quote the devfile, and with it whatever secret stands there.
    throw new DevfileError(`is no YAML: line ${String(cause.mark.line + 1)}, ${cause.reason}`, { cause })
  }
}

function commandOf({ commands }: Devfile, commandId: string): Devfile['commands'][number] {
  const command = commands.find((each) => each.id === commandId)
  if (command === undefined) throw new DevfileError(`events: there is no command "${commandId}"`)
  return command
}

/** `{{name}}` in any text of the devfile; a name that is not among the variables stays as it is. */
function substitute(value: unknown, variables: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string')
    return value.replace(/\{\{ *([-\w]+) *\}\}/g, (text, name: string) => variables.get(name) ?? text)
  if (Array.isArray(value)) return value.map((item) => substitute(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, variables)]))
}
