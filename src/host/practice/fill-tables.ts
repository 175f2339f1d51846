/** Makes the tables of the practice and fills them, two folders at a time: a small machine has two cores. */
import type pg from 'pg'
import type { Target } from '../../engine/target/open-target.ts'
import { inTransaction } from './in-transaction.ts'
import type { PracticeData } from './practice-data.ts'
import { setAside } from './set-aside.ts'

const LANES = 2

interface FillTables {
  readonly rows: number
  readonly withTrouble: boolean
  readonly onProgress: (message: string) => void
  readonly signal?: AbortSignal
}

/** In an empty database. The others may stand on the first of the data, and on none else. */
export async function fillTables(target: Target, data: readonly PracticeData[], options: FillTables): Promise<void> {
  const { withTrouble, onProgress } = options
  const { indexes, foreignKeys, validations } = await target.withClient((client) =>
    inTransaction(client, async () => {
      for (const { schema } of data) await client.query(schema)
      return setAside(client)
    }),
  )
  const fill = (parts: readonly PracticeData[]): Promise<void> =>
    inLanes(target, parts, options, async (client, { name, rows }) => {
      onProgress(`filling ${spoken(name)}`)
      await inTransaction(client, async () => {
        await client.query(`SELECT set_config('practice.rows', $1, true)`, [String(options.rows)])
        await client.query(rows)
      })
    })
  await fill(data.slice(0, 1))
  await fill(data.slice(1))
  onProgress('putting indexes and foreign keys back')
  await inLanes(target, indexes, options, (client, statement) => client.query(statement))
  await target.withClient(async (client) => {
    for (const statement of foreignKeys) await client.query(statement)
  })
  await inLanes(target, validations, options, (client, statement) => client.query(statement))
  await target.withClient(async (client) => {
    for (const { name, trouble } of data) {
      if (!withTrouble || trouble === null) continue
      onProgress(`making trouble in ${spoken(name)}`)
      await inTransaction(client, () => client.query(trouble))
    }
  })
}

/** Each lane has a connection of its own. After an error no lane begins another. */
async function inLanes<Item>(
  target: Target,
  items: readonly Item[],
  { signal }: Pick<FillTables, 'signal'>,
  use: (client: pg.Client, item: Item) => Promise<unknown>,
): Promise<void> {
  const left = [...items]
  const lane = (): Promise<void> =>
    target.withClient(async (client) => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) {
        signal?.throwIfAborted()
        await use(client, item).catch((error: unknown) => {
          left.length = 0
          throw error
        })
      }
    })
  const ended = await Promise.allSettled(Array.from({ length: Math.min(LANES, items.length) }, lane))
  for (const each of ended) if (each.status === 'rejected') throw each.reason
}

/** `20-duo-workflows` → `duo workflows`. */
function spoken(name: string): string {
  return name.replace(/^\d+-/, '').replaceAll('-', ' ')
}
