import { expect, test } from 'vitest'
import { defineSteppedMigration, runSql, sql } from '../../../src/catalogue/api.ts'
import { AT_GATE, closeGate } from '../../support/gate.ts'
import { FIRST, runsOf, setupStepped, statuses, type SteppedBundle, turn } from '../../support/stepped.ts'

/** Its first operation takes as long as the test wants. */
const slow = defineSteppedMigration({
  version: FIRST,
  operations: [
    runSql('slow', sql`INSERT INTO runs (name) SELECT 'slow' FROM (SELECT ${AT_GATE}) AS gate`),
    runSql('after', sql`INSERT INTO runs (name) VALUES ('after')`),
  ],
})

/** With a worker whose first operation's statement runs until the gate is opened. */
async function begun<T>(run: (bundle: SteppedBundle) => Promise<T>) {
  const bundle = await setupStepped([slow])
  const gate = await closeGate(bundle.database)
  const first = run(bundle)
  await gate.reached()
  return { bundle, gate, first }
}

/** As if the process that holds the lease had ended: another one has its pid. */
async function declareGone({ query }: SteppedBundle): Promise<void> {
  await query(`UPDATE tranche.stepped_leases SET pid_start = 'another process'`)
}

test('one worker at a time: a second one is busy, and operators wait until the first has ended', async () => {
  const { bundle, gate, first } = await begun(turn)
  const second = bundle.another()
  expect(await turn({ engine: second })).toEqual({ reason: 'busy', version: null })
  await expect(second.stepped.reset(FIRST)).rejects.toMatchObject({ code: 'already_running' })
  await expect(second.uninstall()).rejects.toMatchObject({ code: 'table_busy' })
  await expect(second.stepped.connect({ name: 'other' })).rejects.toMatchObject({ code: 'already_running' })
  expect((await second.stepped.list()).worker).toMatchObject({ isLive: true, pid: process.pid })
  await gate.open()
  expect(await first).toEqual({ reason: 'completed', version: FIRST })
  expect((await second.stepped.list()).worker).toBeNull()
  expect(await runsOf(bundle)).toEqual(['slow', 'after'])
})

test('a worker that was taken over ends its statement, writes nothing more, and its successor waits for it', async () => {
  const { bundle, gate, first } = await begun(turn)
  await declareGone(bundle)
  const second = bundle.another()
  // No try is lost by waiting for what is still at work there.
  expect(await turn({ engine: second })).toEqual({ reason: 'partial', version: FIRST })
  expect((await second.stepped.list()).migrations).toMatchObject([{ status: 'in_progress', retriesLeft: 3 }])
  await gate.open()
  expect(await first).toEqual({ reason: 'taken_over', version: null })
  expect(await turn({ engine: second })).toEqual({ reason: 'completed', version: FIRST })
  // What the first one had begun was committed and not recorded, so it ran once more; the next operation ran once.
  expect(await runsOf(bundle)).toEqual(['slow', 'slow', 'after'])
  const completed = (await bundle.engine.stepped.logs()).filter(({ message }) => message.startsWith('operation'))
  expect(completed).toHaveLength(2)
  expect(new Set(completed.map(({ runId }) => runId)).size).toBe(1)
})

test('what an operator does fences out a worker that was declared dead and wakes up', async () => {
  const { bundle, gate, first } = await begun(turn)
  await declareGone(bundle)
  await bundle.another().stepped.skip(FIRST, 'not needed')
  await gate.open()
  expect(await first).toEqual({ reason: 'taken_over', version: null })
  expect(await statuses(bundle)).toEqual({ [FIRST]: 'skipped' })
  expect(await runsOf(bundle)).toEqual(['slow'])
})

test('a worker that is told to stop ends behind its operation, and costs no try', async () => {
  const stop = new AbortController()
  const { bundle, gate, first } = await begun(({ engine }) => engine.stepped.work({ signal: stop.signal }))
  stop.abort()
  await gate.open()
  expect(await first).toMatchObject([{ reason: 'aborted' }])
  expect((await bundle.engine.stepped.list()).migrations).toMatchObject([
    {
      status: 'in_progress',
      retriesLeft: 3,
      operations: [{ completedAt: expect.any(String) as unknown }, { completedAt: null }],
    },
  ])
  expect(await turn(bundle)).toEqual({ reason: 'completed', version: FIRST })
  expect(await runsOf(bundle)).toEqual(['slow', 'after'])
})
