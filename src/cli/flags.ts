/** What flags look like, and the values that were given for them. */
import { TrancheError } from '../shared/errors.ts'

export interface Flag {
  /** What stands for its value in the help; a switch has none. */
  readonly value?: string
  readonly help: string
  /** May be given several times. */
  readonly isRepeatable?: boolean
  /** One letter. */
  readonly short?: string
}

export type Flags = Readonly<Record<string, Flag>>

export const GLOBAL_FLAGS = {
  target: { value: 'URL', help: 'postgres://user@host:port/database; without it service and PG* variables' },
  connection: { value: 'NAME', help: 'a known database: practice' },
  database: {
    value: 'NAME[=URL]',
    help: 'another logical database: ci=postgres://… maps it, ci alone chooses it',
    isRepeatable: true,
  },
  'password-command': { value: 'COMMAND', help: 'a program that prints the password (or TRANCHE_PASSWORD_COMMAND)' },
  environment: { value: 'NAME', help: 'practice, development, staging or production' },
  catalogue: { value: 'DIR', help: 'the folder of definitions (or TRANCHE_CATALOGUE)' },
  'tracking-schema': { value: 'NAME', help: 'where the tracking tables live (tranche)' },
  json: { help: 'one JSON document on stdout' },
  'log-format': { value: 'FORMAT', help: 'what goes to stderr: text or json (or TRANCHE_LOG_FORMAT)' },
  yes: { help: 'answer plain confirmations' },
  confirm: { value: 'PHRASE', help: 'answer the confirmation of production' },
  help: { help: 'this help', short: 'h' },
  version: { help: 'the version' },
} as const satisfies Flags

export type GlobalFlagName = keyof typeof GLOBAL_FLAGS

/** Given flags by name; a switch has the value `true`. */
export type GivenFlags = ReadonlyMap<string, readonly (string | true)[]>

/** A command's operands and flags, read by name and type. */
export interface Input<Name extends string = string> {
  readonly operands: readonly string[]
  isSet(flag: Name): boolean
  text(flag: Name): string | undefined
  list(flag: Name): readonly string[]
  /** Throws usage where the value is no whole number from `min` on. */
  whole(flag: Name, min?: number): number | undefined
}

export function createInput<Name extends string>(operands: readonly string[], given: GivenFlags): Input<Name> {
  const list = (flag: Name): readonly string[] => (given.get(flag) ?? []).filter((value) => value !== true)
  const text = (flag: Name): string | undefined => list(flag)[0]
  return {
    operands,
    isSet: (flag) => given.has(flag),
    text,
    list,
    whole(flag, min = 0) {
      const value = text(flag)
      return value === undefined ? undefined : parseWhole(`--${flag}`, value, min)
    },
  }
}

/** Throws usage; digits only, so that `1e6`, `0x10` and ` 7` are not silently something else. */
export function parseWhole(name: string, text: string, min = 0): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value
  throw new TrancheError(
    'usage',
    `${name} is ${JSON.stringify(text)}; expected a whole number of at least ${String(min)}`,
    {
      remedy: `Give ${name} in plain digits.`,
    },
  )
}
