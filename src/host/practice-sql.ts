/** `npm run sql`: runs statements in the practice database and prints the rows of each, as psql does. */
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ERROR_EXIT_CODES, EXIT, toAppError, TrancheError } from '../shared/errors.ts'
import { runPracticeSql } from './practice/run-practice-sql.ts'

const HELP = `npm run sql -- [--ci] "SELECT …"
npm run sql < FILE

Runs SQL in the practice database that npm start keeps running, and prints the rows. --ci: in its second database.`

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url))

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = readArgs(args)
    if (values.help === true) return say(HELP)
    const statements = positionals.length > 0 ? positionals.join(' ') : await text(process.stdin)
    return say(await runPracticeSql(PROJECT_FOLDER, { statements, database: values.ci === true ? 'ci' : 'main' }))
  } catch (error) {
    const { code, message, remedy } = toAppError(error)
    process.stderr.write(`✕ ${message}\n${remedy === null ? '' : `  ${remedy}\n`}`)
    return ERROR_EXIT_CODES[code]
  }
}

function readArgs(args: readonly string[]) {
  try {
    const options = { ci: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new TrancheError('usage', message, { remedy: 'See: npm run sql -- --help', cause })
  }
}

function say(lines: string): number {
  process.stdout.write(`${lines}\n`)
  return EXIT.done
}
