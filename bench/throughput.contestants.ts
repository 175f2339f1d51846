/** What the engine is measured against, on the same table and, but for the server's own loop, the same driver. */
import type pg from 'pg'

export interface Sizes {
  readonly batchSize: number
  readonly subBatchSize: number
}

export type Contestant = (client: pg.Client, sizes: Sizes) => Promise<void>

/** The whole table at once: the floor, with locks on every row until its end. */
export const singleStatement: Contestant = async (client) => {
  await client.query('UPDATE routes SET namespace_id = source_id')
}

/** A loop on the server that commits after each sub-batch. No tracking, no guard, no limits. */
export const serverLoop: Contestant = async (client, { subBatchSize }) => {
  await client.query(`
    DO $$
    DECLARE
      cursor_at bigint := 0;
      stop_at bigint;
    BEGIN
      LOOP
        SELECT max(id) INTO stop_at
          FROM (SELECT id FROM routes WHERE id > cursor_at ORDER BY id LIMIT ${String(subBatchSize)}) AS slice;
        EXIT WHEN stop_at IS NULL;
        UPDATE routes SET namespace_id = source_id WHERE id > cursor_at AND id <= stop_at;
        COMMIT;
        cursor_at := stop_at;
      END LOOP;
    END $$`)
}

/**
 * GitLab's algorithm: each job's bounds by OFFSET, MIN and MAX; in it EachBatch, which looks for the next sub-batch's start by
 * OFFSET and then updates the half-open range. Prepared statements, as Active Record sends them. No tracking.
 */
export const eachBatch: Contestant = async (client, { batchSize, subBatchSize }) => {
  const ask = async (name: string, text: string, values: readonly unknown[]): Promise<string | null> => {
    const { rows } = await client.query<{ id: string | null }>({ name, text, values: [...values] })
    return rows[0]?.id ?? null
  }
  let from = await ask('first', 'SELECT id FROM routes ORDER BY id LIMIT 1', [])
  while (from !== null) {
    const next = await ask('next_job', 'SELECT id FROM routes WHERE id >= $1 ORDER BY id LIMIT 1 OFFSET $2', [
      from,
      batchSize,
    ])
    const until: string | null = await (next === null
      ? ask('last_max', 'SELECT max(id) AS id FROM routes WHERE id >= $1', [from])
      : ask('max', 'SELECT max(id) AS id FROM routes WHERE id >= $1 AND id < $2', [from, next]))
    let start = await ask('start', 'SELECT id FROM routes WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT 1', [
      from,
      until,
    ])
    while (start !== null) {
      const stop: string | null = await ask(
        'stop',
        'SELECT id FROM routes WHERE id BETWEEN $1 AND $2 AND id >= $3 ORDER BY id LIMIT 1 OFFSET $4',
        [from, until, start, subBatchSize],
      )
      await (stop === null
        ? client.query({
            name: 'update_last',
            text: 'UPDATE routes SET namespace_id = source_id WHERE id BETWEEN $1 AND $2 AND id >= $3',
            values: [from, until, start],
          })
        : client.query({
            name: 'update',
            text: 'UPDATE routes SET namespace_id = source_id WHERE id BETWEEN $1 AND $2 AND id >= $3 AND id < $4',
            values: [from, until, start, stop],
          }))
      start = stop
    }
    from = next
  }
}
