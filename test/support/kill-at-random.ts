import { expect } from 'vitest'
import { setup } from './engine-setup.ts'
import { hitEvery, hitsTable } from './hits.ts'
import { randomMoments } from './random-moment.ts'
import { type RunnerProcess, spawnRunner } from './spawn-runner.ts'

/** Kills one runner after the other at random moments; the last one finishes. */
export async function killAtRandom({ kills, rows }: { readonly kills: number; readonly rows: number }): Promise<void> {
  const { engine, query, database } = await setup({ schema: hitsTable(rows), definitions: [hitEvery()] })
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
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
  expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits')).toEqual([{ hits: 1, count: rows }])
  expect(await engine.verify(migration.id)).toMatchObject({ holds: true })
  const counted = (await engine.get(migration.id)).rows
  expect(counted).toMatchObject({ scanned: rows, exact: counted.changed === rows })
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
