/** What is typed on the queue page, and what the contract takes of it. Empty fields leave the definition's own values. */
import type { ArgumentView, KnobsView } from '../../../../shared/catalogue-view.ts'

export const KNOBS = [
  { name: 'batchSize', label: 'batch size', unit: 'rows' },
  { name: 'subBatchSize', label: 'sub-batch size', unit: 'rows' },
  { name: 'maxBatchSize', label: 'max batch size', unit: 'rows' },
  { name: 'intervalSeconds', label: 'interval', unit: 's' },
  { name: 'pauseMs', label: 'pause', unit: 'ms' },
] as const satisfies readonly { name: keyof KnobsView; label: string; unit: string }[]

type KnobName = (typeof KNOBS)[number]['name']

export interface QueueForm {
  readonly knobs: Record<KnobName, string>
  min: string
  max: string
  /** By name; JSON where the schema is not a plain one. */
  readonly arguments: Record<string, string>
  isForced: boolean
}

export function emptyForm(): QueueForm {
  return {
    knobs: { batchSize: '', subBatchSize: '', maxBatchSize: '', intervalSeconds: '', pauseMs: '' },
    min: '',
    max: '',
    arguments: {},
    isForced: false,
  }
}

export type ArgumentKind = 'text' | 'number' | 'boolean' | 'choice' | 'json'

export function kindOf({ schema }: ArgumentView): ArgumentKind {
  if (schema === null) return 'json'
  if (Array.isArray(schema.enum)) return 'choice'
  switch (schema.type) {
    case 'string':
      return 'text'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    default:
      return 'json'
  }
}

export function choicesOf({ schema }: ArgumentView): readonly string[] {
  const choices: unknown = schema?.enum
  return Array.isArray(choices)
    ? choices.map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice)))
    : []
}

/** `a whole number, at least 1`: what the schema says in words. */
export function hintOf({ schema, isRequired }: ArgumentView): string {
  const parts = [
    typeof schema?.description === 'string' ? schema.description : null,
    schema?.type === 'integer' ? 'a whole number' : typeof schema?.type === 'string' ? schema.type : 'JSON',
    typeof schema?.minimum === 'number' && schema.minimum > Number.MIN_SAFE_INTEGER
      ? `at least ${String(schema.minimum)}`
      : null,
    typeof schema?.maximum === 'number' && schema.maximum < Number.MAX_SAFE_INTEGER
      ? `at most ${String(schema.maximum)}`
      : null,
    schema !== null && 'default' in schema
      ? `default ${JSON.stringify(schema.default)}`
      : isRequired
        ? null
        : 'may be left out',
  ]
  return parts.filter((part) => part !== null).join(', ')
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

export interface GivenQueue {
  jobClassName: string
  jobArguments: Json[]
  batchSize?: number
  subBatchSize?: number
  maxBatchSize?: number
  intervalSeconds?: number
  pauseMs?: number
  min?: string
  max?: string
  force: boolean
}

export type Given =
  | { readonly kind: 'given'; readonly input: GivenQueue }
  | { readonly kind: 'wrong'; readonly field: string; readonly because: string }

export function givenOf(jobClassName: string, form: QueueForm, declared: readonly ArgumentView[]): Given {
  const input: GivenQueue = { jobClassName, jobArguments: [], force: form.isForced }
  for (const { name, label } of KNOBS) {
    const text = form.knobs[name].trim()
    if (text === '') continue
    if (!/^\d{1,10}$/.test(text)) return { kind: 'wrong', field: name, because: `${label}: expected a whole number` }
    input[name] = Number(text)
  }
  for (const name of ['min', 'max'] as const) {
    const text = form[name].trim()
    if (text === '') continue
    if (!/^-?\d{1,19}$/.test(text)) return { kind: 'wrong', field: name, because: `${name}: expected a whole number` }
    input[name] = text
  }
  const values = declared.map((argument) => ({ argument, text: form.arguments[argument.name]?.trim() ?? '' }))
  const given = values.slice(0, values.findLastIndex(({ text }) => text !== '') + 1)
  const missing = values.find(({ argument, text }) => argument.isRequired && text === '')
  if (missing !== undefined)
    return { kind: 'wrong', field: missing.argument.name, because: `${missing.argument.name}: needs a value` }
  for (const { argument, text } of given) {
    const value = valueOf(argument, text)
    if (value === undefined)
      return { kind: 'wrong', field: argument.name, because: `${argument.name}: expected ${hintOf(argument)}` }
    input.jobArguments.push(value)
  }
  return { kind: 'given', input }
}

function valueOf(argument: ArgumentView, text: string): Json | undefined {
  switch (kindOf(argument)) {
    case 'text':
      return text
    case 'number':
      return text === '' || Number.isNaN(Number(text)) ? undefined : Number(text)
    case 'boolean':
      return text === 'true'
    case 'choice':
    case 'json':
      try {
        return JSON.parse(text) as Json // checked by the definition's own schema on the other side
      } catch {
        return kindOf(argument) === 'choice' ? text : undefined
      }
  }
}
