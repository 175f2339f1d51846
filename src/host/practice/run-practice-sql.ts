/** SQL by hand in the practice database; answers as text. */
import pg from 'pg'
import { TrancheError } from '../../shared/errors.ts'
import { countOf } from '../../shared/format-number.ts'
import { resolveTarget } from '../connection/resolve-target.ts'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { findOtherPracticeTargets } from './find-practice-target.ts'

interface Asked {
  readonly statements: string
  readonly database: 'main' | 'ci'
}

/** Throws practice_not_running, usage where nothing is asked, and what the server says. */
export async function runPracticeSql(projectFolder: string, { statements, database }: Asked): Promise<string> {
  if (statements.trim() === '') {
    throw new TrancheError('usage', 'no statement is given', { remedy: 'See: npm run sql -- --help' })
  }
  const main = await mainDatabase(projectFolder)
  // Where TRANCHE_PRACTICE_URL names one database, it is ci as well.
  const place = database === 'main' ? main : ((await findOtherPracticeTargets(projectFolder)).get(database) ?? main)
  const client = new pg.Client({
    ...{ host: place.host, port: place.port, user: place.user, database: place.database, ssl: place.tls },
    password: (await place.password()) ?? '',
    application_name: 'tranche practice: by hand',
    // As the server writes them: text is what is printed.
    types: { getTypeParser: () => (value: unknown) => value },
  })
  await client.connect()
  try {
    // Of several statements the driver gives a list.
    const answer: TextResult | readonly TextResult[] = await client.query<(string | null)[]>({
      text: statements,
      rowMode: 'array',
    })
    return [answer].flat().map(answerText).join('\n\n')
  } finally {
    await client.end()
  }
}

async function mainDatabase(projectFolder: string): Promise<TargetParameters> {
  const { parameters } = await resolveTarget({
    ...{ url: null, connection: 'practice', environment: 'practice', isWriting: true, projectFolder },
    env: process.env,
    warn: () => undefined,
  })
  return parameters
}

type TextResult = pg.QueryArrayResult<(string | null)[]>

function answerText({ fields, rows, command, rowCount }: TextResult): string {
  if (fields.length === 0) return `${command} ${rowCount === null ? '' : String(rowCount)}`.trimEnd()
  const cells = [fields.map(({ name }) => name), ...rows.map((row) => row.map((value) => value ?? 'NULL'))]
  const widths = fields.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)))
  const lines = cells.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join(' | ')
      .trimEnd(),
  )
  const [head = '', ...rest] = lines
  return [head, widths.map((width) => '-'.repeat(width)).join('-+-'), ...rest, `(${countOf(rows.length, 'row')})`].join(
    '\n',
  )
}
