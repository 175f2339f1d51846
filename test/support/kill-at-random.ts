import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { setup } from './engine-setup.ts'
import { hitEvery, hitsTable } from './hits.ts'
import { spawnRunner } from './spawn-runner.ts'

/** Kills one runner after the other at random moments; the last one finishes. */
export async function killAtRandom({ kills, rows }: { readonly kills: number; readonly rows: number }): Promise<void> {
  const { engine, query, database } = await setup({ schema: hitsTable(rows), definitions: [hitEvery()] })
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  let takenOver = 0

  for (let kill = 0; kill < kills; kill += 1) {
    const runner = spawnRunner(database.url, migration.id, `runner ${String(kill)}`)
    await runner.until('job:started')
    await sleep(Math.random() * 120)
    runner.child.kill('SIGKILL')
    await runner.ended
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
  expect(takenOver).toBeGreaterThan(0)
  expect(outcome.reason).toBe('finished')
  expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits')).toEqual([{ hits: 1, count: rows }])
  expect(await engine.verify(migration.id)).toMatchObject({ holds: true })
  expect(await engine.get(migration.id)).toMatchObject({ rows: { scanned: rows, changed: rows } })
}
