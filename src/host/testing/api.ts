/** What `import … from 'tranche/testing'` gives to the tests of a catalogue. */
import { test as nodeTest } from 'node:test'

export { practice, type PracticeDatabase, type PracticeSchema, type Row } from './practice-database.ts'
export { run, type RunOptions, type RunResult } from './run-definition.ts'

/** One test. It fails when `body` throws. */
export function test(name: string, body: () => Promise<void> | void): void {
  void nodeTest(name, body)
}
