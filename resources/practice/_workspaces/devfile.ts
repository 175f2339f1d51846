/** The stored `processed_devfile`: a devfile 2.2 whose parent and plugins were merged in when the workspace was made. */
import { FAILSAFE_SCHEMA, load, YAMLException } from 'js-yaml'
import { z } from 'tranche'
import { assertFewValues } from './few-values.ts'

// Every scalar is read as the text that it is, so that 1.10, 1e3 or 0o17 stay themselves; what is no text is read from it here.
const flag = z.enum(['true', 'false']).transform((text) => text === 'true')
const port = z
  .string()
  .regex(/^[0-9]{1,5}$/, { error: 'expected a port' })
  .transform(Number)
  .pipe(z.int().min(1).max(65_535))
/** A list or a mapping of which nothing is said but its name. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === null || value === '~' || value === 'null' ? undefined : value), schema)

// Ids become keys of a ConfigMap, file names and words of a shell script; names become names of Kubernetes objects.
const id = z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
const texts = z.array(z.string())

const containerSchema = z.object({
  image: z.string().min(1),
  command: optional(texts.optional()),
  args: optional(texts.optional()),
  env: optional(
    z.array(z.object({ name: z.string(), value: z.preprocess((value) => value ?? '', z.string()) })).default([]),
  ),
  endpoints: optional(
    z
      .array(
        z.object({
          name: id,
          targetPort: port,
          exposure: z.enum(['public', 'internal', 'none']).default('public'),
          protocol: z.string().default('http'),
        }),
      )
      .default([]),
  ),
  volumeMounts: optional(z.array(z.object({ name: id, path: z.string().optional() })).default([])),
  mountSources: flag.default(true),
  sourceMapping: z.string().default('/projects'),
  memoryLimit: z.string().optional(),
  memoryRequest: z.string().optional(),
  cpuLimit: z.string().optional(),
  cpuRequest: z.string().optional(),
})

const volumeSchema = z.object({ size: z.string().default('1Gi'), ephemeral: flag.default(false) })

const devfileSchema = z.object({
  schemaVersion: z.string(),
  components: z.array(
    z.object({
      name: id,
      container: containerSchema.optional(),
      // `volume:` alone is a volume of the default size.
      volume: z.preprocess((value) => (value === null ? {} : value), volumeSchema.optional()),
    }),
  ),
  commands: optional(
    z
      .array(
        z.object({
          id,
          apply: z.object({ component: id }).optional(),
          exec: z.object({ component: id, commandLine: z.string(), label: z.string().optional() }).optional(),
        }),
      )
      .default([]),
  ),
  events: optional(
    z
      .object({ preStart: optional(z.array(id).default([])), postStart: optional(z.array(id).default([])) })
      .prefault({}),
  ),
  variables: optional(z.record(z.string(), z.string()).default({})),
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
  assertFewValues(
    document,
    () => new DevfileError('has more values than a devfile can have, once its aliases are followed'),
  )
  const parsed = devfileSchema.safeParse(document)
  if (!parsed.success) throw new DevfileError(z.prettifyError(parsed.error))
  const { variables } = parsed.data
  return Object.keys(variables).length === 0 ? parsed.data : substitute(parsed.data, new Map(Object.entries(variables)))
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
    return load(text, { schema: FAILSAFE_SCHEMA })
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause
    // Its message would quote the devfile, and with it whatever secret stands there; so may the end of its reason.
    const reason = cause.reason.replace(/["!<].*/su, '').trim()
    // Of some errors it does not know the place.
    const { mark } = cause as { readonly mark?: YAMLException['mark'] }
    throw new DevfileError(`is no YAML: ${mark === undefined ? '' : `line ${String(mark.line + 1)}, `}${reason}`)
  }
}

function commandOf({ commands }: Devfile, commandId: string): Devfile['commands'][number] {
  const command = commands.find((each) => each.id === commandId)
  if (command === undefined) throw new DevfileError(`events: there is no command "${commandId}"`)
  return command
}

/** `{{name}}` in any text of the devfile; a name that is not among the variables stays as it is. */
function substitute<Value>(value: Value, variables: ReadonlyMap<string, string>): Value {
  // What comes out has the shape of what went in.
  return substituted(value, variables) as Value
}

function substituted(value: unknown, variables: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string')
    return value.replace(/\{\{ *([-\w]+) *\}\}/g, (text, name: string) => variables.get(name) ?? text)
  if (Array.isArray(value)) return value.map((item) => substituted(item, variables))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substituted(item, variables)]))
}
