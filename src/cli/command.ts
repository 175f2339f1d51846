/** What a command is. Each one is a file of its own, loaded when it is called. */
import type { CliValues } from '../shared/cli-output.ts'
import type { TrancheError } from '../shared/errors.ts'
import type { Flags, Input } from './flags.ts'
import type { Session } from './session.ts'

/** What is listed by `tranche help`; a name that is not here does not exist. */
export type CommandName = Exclude<keyof CliValues, 'help' | 'version'>

export interface Outcome<Value> {
  /** What `--json` answers. */
  readonly value: Value
  /** The same for a person; null where it was shown already. */
  readonly text: string | null
  /** Set where the answer is there but is bad news: it becomes the error of `--json`, with the value in its details. */
  readonly failure?: TrancheError
}

export interface Command<Name extends CommandName = CommandName, Given extends Flags = Flags> {
  readonly name: Name
  /** As the help writes them: `ID`, `[ID]`, `ID KEY=VALUE…`. */
  readonly operands: { readonly usage: string; readonly min: number; readonly max: number }
  readonly flags: Given
  /** Sentences for `tranche COMMAND --help`. */
  readonly help: string
  /** Ctrl-C: `release` finishes or cancels a sub-batch and releases claims, `end` ends by itself, `leave` is left where it is. */
  readonly onSignal: 'release' | 'end' | 'leave'
  run(input: Input<Extract<keyof Given, string>>, session: Session): Promise<Outcome<CliValues[Name]>>
}

/** A command with its flags' names checked where they are read. */
export function defineCommand<Name extends CommandName, Given extends Flags>(
  command: Command<Name, Given>,
): Command<Name, Given> {
  return command
}

export const ONE_ID = { usage: 'ID', min: 1, max: 1 } as const
