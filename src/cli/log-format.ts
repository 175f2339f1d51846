/** What stderr is written as: for people, or one JSON object per line for machines. */
import { TrancheError } from '../shared/errors.ts'

const FORMATS = ['text', 'json'] as const

export type LogFormat = (typeof FORMATS)[number]

/** Throws usage. */
export function parseLogFormat(text: string): LogFormat {
  const format = FORMATS.find((each) => each === text)
  if (format !== undefined) return format
  throw new TrancheError('usage', `--log-format is ${JSON.stringify(text)}; expected text or json`, {
    remedy: 'json writes one object per line to stderr.',
  })
}

/** Before anything is parsed: also what goes wrong with the parsing is told in this format. */
export function wantsJsonLog(args: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const end = args.indexOf('--')
  const given = args.slice(0, end === -1 ? args.length : end)
  const index = given.findIndex((arg) => arg === '--log-format' || arg.startsWith('--log-format='))
  const arg = given[index]
  if (arg === undefined) return env.TRANCHE_LOG_FORMAT === 'json'
  return (arg === '--log-format' ? given[index + 1] : arg.slice('--log-format='.length)) === 'json'
}
