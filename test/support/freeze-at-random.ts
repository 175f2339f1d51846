import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { setup } from './engine-setup.ts'
import { hitEvery, hitsTable } from './hits.ts'
import { spawnRunner } from './spawn-runner.ts'

const WITNESS = `
  CREATE TABLE writes (who text NOT NULL, at timestamptz NOT NULL);
  CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO public.writes VALUES (current_setting('application_name'), clock_timestamp());
    RETURN NULL;
  END $$;
  CREATE TRIGGER witness AFTER UPDATE ON items FOR EACH STATEMENT EXECUTE FUNCTION witness()`

/** A young takeover age: the protocol is the same, and the test need not wait half a minute each time. */
const QUICK_TAKEOVER = `
  CREATE OR REPLACE FUNCTION tranche.is_live(heartbeat timestamptz) RETURNS boolean LANGUAGE sql STABLE AS
  $$ SELECT heartbeat > clock_timestamp() - interval '3 seconds' $$`

/** Freezes a runner at a random moment, lets another one take over and finish, then wakes the first one up. */
export async function freezeAtRandom({
  freezes,
  rows,
}: {
  readonly freezes: number
  readonly rows: number
}): Promise<void> {
  for (let freeze = 0; freeze < freezes; freeze += 1) {
    const schema = `${hitsTable(rows)}; ${WITNESS}`
    const { engine, query, database } = await setup({
      schema,
      definitions: [hitEvery()],
      ports: { limits: { heartbeatMs: 500 } },
    })
    await query(QUICK_TAKEOVER)
    const { migration } = await engine.queue({ jobClassName: 'HitEvery' })
    const frozen = spawnRunner(database.url, migration.id, 'frozen')
    await frozen.until('job:started')
    await sleep(Math.random() * 150)
    frozen.child.kill('SIGSTOP')

    const takeover = engine.run(migration.id)
    const taken = new Promise<void>((resolve) => {
      const off = engine.on('job:taken_over', () => {
        off()
        resolve()
      })
    })
    await Promise.race([taken, takeover])
    const [now] = await query<{ now: string }>('SELECT clock_timestamp()::text AS now')
    frozen.child.kill('SIGCONT')
    await frozen.ended
    const outcome = await takeover

    expect(['finished', 'nothing_to_do']).toContain(outcome.reason)
    expect(await query('SELECT hits, count(*)::int FROM items GROUP BY hits')).toEqual([{ hits: 1, count: rows }])
    expect(await query(`SELECT count(*)::int FROM writes WHERE who = 'frozen' AND at > $1`, [now?.now])).toEqual([
      { count: 0 },
    ])
    // Woken only after the other one was done, it may also just find the migration finished.
    expect(['taken_over', 'finished']).toContain(frozen.lines.at(-1)?.reason)
  }
}
