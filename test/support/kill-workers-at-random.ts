import { expect } from 'vitest'
import { setup } from './engine-setup.ts'
import { hitEvery, hitsTable } from './hits.ts'
import { randomMoments } from './random-moment.ts'
import { type RunnerProcess, spawnRunner } from './spawn-runner.ts'

/** Two workers at once share a migration; one of them after the other is killed at a random moment and replaced. */
export async function killWorkersAtRandom({
  kills,
  rows,
}: {
  readonly kills: number
  readonly rows: number
}): Promise<void> {
  const { engine, query, database } = await setup({ schema: hitsTable(rows), definitions: [hitEvery()] })
  const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
  const spawn = (number: number): RunnerProcess => spawnRunner(database.url, migration.id, `worker ${String(number)}`)
  const workers = [spawn(0), spawn(1)]
  // On average the kills come to half of the table; a sub-batch has ten rows.
  const moment = randomMoments(rows / 10 / kills / 2)
  let killed = 0

  while (killed < kills) {
    // Both are at work when one of them is killed; where one found nothing left, a fast machine is done.
    const areAtWork = await Promise.all(workers.map(isAtWork))
    const victim = workers.shift()
    if (victim === undefined || areAtWork.includes(false)) break
    await moment(victim)
    victim.child.kill('SIGKILL')
    await victim.ended
    killed += 1
    // The other one would be done with everything before a new process has loaded its modules.
    for (const { child } of workers) child.kill('SIGSTOP')
    const next = spawn(killed + 1)
    await next.until('loaded')
    for (const { child } of workers) child.kill('SIGCONT')
    workers.push(next)
  }
  for (const { child } of workers) child.kill('SIGKILL')
  await Promise.all(workers.map(({ ended }) => ended))
  const outcome = await engine.run(migration.id)

  expect(killed).toBeGreaterThan(kills / 4)
  expect(['finished', 'nothing_to_do']).toContain(outcome.reason)
  expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits')).toEqual([{ hits: 1, count: rows }])
  expect(await engine.verify(migration.id)).toMatchObject({ holds: true })
}

/** False when it ended before it had a job: nothing is left. */
async function isAtWork(worker: RunnerProcess): Promise<boolean> {
  if (worker.lines.some(({ event }) => event === 'job:started')) return true
  const started = worker.until('job:started').then(
    () => true,
    () => false,
  )
  return Promise.race([started, worker.ended.then(() => false)])
}
