/** What the tests of a catalogue say of an author's mistakes, in the definition and in the test itself. */
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, inject, it } from 'vitest'
import { commandLineWith } from './command-line.ts'

const MISTAKES = fileURLToPath(new URL('../fixtures/catalogues/tested-mistakes', import.meta.url))

interface Heard {
  readonly file: string
  readonly name: string
  readonly message: string | null
}

// All of them by one call, which is what takes the time.
let heard: readonly Heard[] = []

beforeAll(async () => {
  const { host, port, user, password, database } = inject('server')
  const author = commandLineWith({
    TRANCHE_TEST_URL: `postgres://${user}:${password}@${host}:${String(port)}/${database}`,
  })
  const { document } = await author.json('test', MISTAKES)
  if (document.ok) throw new Error('expected a failure')
  heard = (document.error.details.report as { tests: readonly Heard[] }).tests
}, 300_000)

/** Why each test of the file failed, null where it passed. */
function saidIn(file: string): Readonly<Record<string, string | null>> {
  return Object.fromEntries(heard.filter((each) => each.file === file).map(({ name, message }) => [name, message]))
}

it('says why a definition fails in its first sub-batch, and names the definition with every error', () => {
  expect(saidIn('mistakes.test.ts')).toEqual({
    typo: 'FillLabels did not finish (failed)\nundefined_column (42703): column "lable" of relation "items" does not exist',
    commit:
      'FillLabels did not finish (failed)\nTypeError: COMMIT would end the sub-batch’s transaction; perform must leave it open',
    'no row': 'FillLabels: no row of items is in its range: insert some before the run',
    'no table': 'FillLabels: relation "items" does not exist',
    'no schema': 'practice: schema: syntax error at or near "TABLES"',
    'twice, over other rows': null,
  })
})

it('finds rows that a select passes over for good, and those in quarantine, unless they are meant', () => {
  const passesOver = (count: number, first: number): string =>
    `CopyItems passes over rows of its range: its select leaves out ${String(count)} of them, first (id) = (${String(first)}). Rows that it is not about belong out of its scope; where others are meant: selectsEveryRow: false.`
  // That one may ask for what is still to do, the practice definition LookUpCustomerCities shows.
  expect(saidIn('rows.test.ts')).toEqual({
    'no key': 'CopyItems did not finish (failed)\nError: CopyItems: select must return the batch column "id"',
    'even rows': passesOver(3, 1),
    'even rows, meant': null,
    'one row': passesOver(4, 2),
    'what is still to do, where every row is to be selected': passesOver(1, 3),
    'a row in quarantine':
      'CopyItems put 1 row into quarantine, expected 0; where they are meant: quarantined: 1\n  (4): RangeError: it cannot be labelled',
    'a row in quarantine, meant': null,
  })
})

it('hears of a forgotten await, of a failure in a group, and puts lists into json as such', () => {
  expect(saidIn('waiting.test.ts')).toEqual({
    'waits for nothing': 'the test ended before this did, write await in front of it:\nrun(…) of FillLabels',
    'waits for no failure':
      'the test ended before this did, write await in front of it:\nrun(…) of FillLabels, which then threw: FillLabels did not finish (failed)\nundefined_column (42703): column "lable" of relation "items" does not exist',
    'looks before the end': 'not there yet\nNot ended by then (is an await missing?):\nrun(…) of FillLabels',
    'does not wait for a failure, which comes while it does': 'division by zero',
    documents: null,
    'fails in it': 'in a group',
  })
})

it('takes a file without any test for a mistake', () => {
  expect(saidIn('nothing.test.ts')).toEqual({
    'nothing.test.ts': "nothing.test.ts has no test: call test(…) of 'tranche/testing'",
  })
})
