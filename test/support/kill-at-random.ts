import { expect } from 'vitest'
import { setup } from './engine-setup.ts'
import { hitEvery, hitsTable } from './hits.ts'
import { randomMoments } from './random-moment.ts'
import { type RunnerProcess, spawnRunner } from './spawn-runner.ts'

interface Killing {
  readonly kills: number
  readonly rows: number
  /** One row in so many cannot be migrated, and is for the quarantine; 0: every row can be. */
  readonly badEvery?: number
}

/** Kills one runner after the other at random moments; the last one finishes. */
export async function killAtRandom({ kills, rows, badEvery = 0 }: Killing): Promise<void> {
  const definitions = [hitEvery({ raisesOnBad: true })]
  const { engine, query, database } = await setup({ schema: hitsTable(rows), definitions })
  await query('UPDATE items SET bad = true WHERE id % (3 * nullif($1::int, 0)) = 0', [badEvery])
  const bad = badEvery === 0 ? 0 : Math.floor(rows / badEvery)
  const { migration } = await engine.queue({ jobClassName: 'HitEvery', ...(bad > 0 && { errorBudget: { rows: bad } }) })
  // On average the kills come to a quarter of the table; a sub-batch has ten rows.
  const moment = randomMoments(rows / 10 / kills / 2)
  let killed = 0
  let takenOver = 0

  while (killed < kills) {
    const runner = spawnRunner(database.url, migration.id, `runner ${String(killed)}`)
    if (!(await startsAJob(runner))) break
    await moment(runner)
    runner.child.kill('SIGKILL')
    await runner.ended
    killed += 1
    takenOver += runner.lines.filter(({ event }) => event === 'job:taken_over').length
  }
  // Every dead runner's last heartbeat is still young here: what takes over must have looked at the process.
  const [young] = await query<{ young: boolean }>(
    'SELECT coalesce(bool_and(tranche.is_live(heartbeat_at)), true) AS young FROM tranche.runners',
  )
  const waits: unknown[] = []
  engine.on('run:waiting', (event) => {
    waits.push(event)
  })
  const outcome = await engine.run(migration.id)

  expect(young).toEqual({ young: true })
  expect(waits).toEqual([])
  expect(killed).toBeGreaterThan(kills / 4)
  expect(takenOver).toBeGreaterThan(0)
  expect(['finished', 'nothing_to_do']).toContain(outcome.reason)
  expect(await query('SELECT bad, hits, count(*)::int FROM items GROUP BY bad, hits ORDER BY bad')).toEqual([
    { bad: false, hits: 1, count: rows - bad },
    ...(bad > 0 ? [{ bad: true, hits: 0, count: bad }] : []),
  ])
  expect(await engine.verify(migration.id)).toMatchObject({ holds: true })
  const counted = (await engine.get(migration.id)).rows
  expect(counted).toMatchObject({ scanned: rows, quarantined: bad, exact: counted.changed === rows - bad })
}

/** False when there was nothing left for it: a fast machine is done before the last kill. */
async function startsAJob(runner: RunnerProcess): Promise<boolean> {
  const started = await runner.until('job:started').then(
    () => true,
    () => false,
  )
  if (started) return true
  await runner.ended
  expect(['finished', 'nothing_to_do']).toContain(runner.lines.at(-1)?.reason)
  return false
}
