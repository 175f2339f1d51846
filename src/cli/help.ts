import type { Command } from './command.ts'
import { COMMAND_NAMES, COMMANDS } from './commands.ts'
import { type Flags, GLOBAL_FLAGS } from './flags.ts'

export function generalHelp(): string {
  const width = Math.max(...COMMAND_NAMES.map((name) => name.length))
  return [
    'Batched background migrations on PostgreSQL: queue, run, verify, finalize.',
    '',
    'tranche COMMAND …',
    '',
    ...COMMAND_NAMES.map((name) => `  ${name.padEnd(width)}  ${COMMANDS[name].summary}`),
    '',
    'Flags of every command, before or after it:',
    ...flagLines(GLOBAL_FLAGS),
    '',
    'tranche COMMAND --help explains one. ID is the number that queue and list show, or the job class name where it is queued once.',
    'Exit codes: 0 done · 1 unexpected · 2 wrong usage · 3 failed or a check does not hold · 4 target unreachable or lost ·',
    '5 refused by a guard · 6 stopped before the end · 130, 143 after SIGINT, SIGTERM.',
  ].join('\n')
}

export function commandHelp({ name, operands, flags, help }: Command): string {
  const usage = ['tranche', name, operands.usage, Object.keys(flags).length === 0 ? '' : '[FLAGS]'].filter(
    (part) => part !== '',
  )
  const own = Object.keys(flags).length === 0 ? [] : ['', 'Flags:', ...flagLines(flags)]
  return [usage.join(' '), '', help, ...own, '', 'Flags of every command:', ...flagLines(GLOBAL_FLAGS)].join('\n')
}

function flagLines(flags: Flags): readonly string[] {
  const lines = Object.entries(flags).map(([name, { value, help, short }]) => ({
    flag: `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
    help,
  }))
  const width = Math.max(...lines.map(({ flag }) => flag.length))
  return lines.map(({ flag, help }) => `  ${flag.padEnd(width)}  ${help}`)
}
