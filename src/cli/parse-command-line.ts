/** argv as a command's name, its operands and flags. Global flags may stand before or after the command. */
import { parseArgs } from 'node:util'
import { TrancheError } from '../shared/errors.ts'
import { type Flag, type Flags, GLOBAL_FLAGS, type GivenFlags } from './flags.ts'
import { suggest } from './suggest.ts'

/** The first word that is neither a flag nor the value of a global one; null where there is none. */
export interface CommandWord {
  readonly name: string | null
  readonly rest: readonly string[]
}

export function findCommandWord(args: readonly string[]): CommandWord {
  const { tokens } = parse(args, GLOBAL_FLAGS)
  const word = tokens.find((token) => token.kind === 'positional')
  // A flag that is not global, before the command: its value would be taken for the command's name.
  const stray = tokens.find((token) => token.kind === 'option' && !(token.name in GLOBAL_FLAGS))
  if (stray?.kind === 'option' && (word === undefined || stray.index < word.index))
    throw unknownFlag(stray.rawName, null, GLOBAL_FLAGS)
  if (word === undefined) return { name: null, rest: args }
  return { name: word.value, rest: args.filter((_, index) => index !== word.index) }
}

export interface ParsedFlags {
  readonly operands: readonly string[]
  readonly given: GivenFlags
}

/** Throws usage on an unknown flag, a missing value, a value too much, and a flag given twice. */
export function parseFlags(command: string | null, args: readonly string[], own: Flags): ParsedFlags {
  const flags: Flags = { ...GLOBAL_FLAGS, ...own }
  const given = new Map<string, (string | true)[]>()
  const operands: string[] = []
  for (const token of parse(args, flags).tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined
    if (flag === undefined) throw unknownFlag(token.rawName, command, flags)
    const values = given.get(token.name) ?? []
    if (values.length > 0 && flag.isRepeatable !== true) throw usage(`${token.rawName} is given twice`, 'Give it once.')
    given.set(token.name, [...values, valueOf(flag, token)])
  }
  return { operands, given }
}

interface OptionToken {
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function valueOf(flag: Flag, { rawName, value, inlineValue }: OptionToken): string | true {
  if (flag.value === undefined) {
    if (value === undefined) return true
    throw usage(`${rawName} takes no value`, `Write ${rawName} alone.`)
  }
  // `--target --json`: the next flag is not a value; a negative number is one.
  const isFlag = inlineValue === false && value !== undefined && /^-(?!\d)./.test(value)
  if (value !== undefined && !isFlag && (value !== '' || flag.value === 'TEXT')) return value
  throw usage(
    `${rawName} needs a value`,
    `Write ${rawName} ${flag.value}, or ${rawName}=… for a value that begins with a dash.`,
  )
}

function parse(args: readonly string[], flags: Flags) {
  return parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(flags).map(([name, { value, short }]) => [
        name,
        {
          type: value === undefined ? 'boolean' : 'string',
          multiple: true,
          ...(short === undefined ? {} : { short }),
        } as const,
      ]),
    ),
    allowPositionals: true,
    // Unknown flags are told by us, with the command's name and a suggestion.
    strict: false,
    tokens: true,
  })
}

function unknownFlag(rawName: string, command: string | null, flags: Flags): TrancheError {
  const name = rawName.replace(/^-+/, '')
  if (command === null)
    return usage(
      `${rawName} is not a flag of tranche itself`,
      'Flags of a command stand behind its name: tranche COMMAND …; tranche help lists both.',
    )
  const near = suggest(name, Object.keys(flags))
  return usage(
    `tranche ${command} has no flag ${rawName}`,
    near === null ? `tranche ${command} --help lists its flags.` : `Did you mean --${near}?`,
  )
}

function usage(message: string, remedy: string): TrancheError {
  return new TrancheError('usage', message, { remedy })
}
