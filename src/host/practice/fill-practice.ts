/**
 * Fills a practice database, or resets it. Only one that is empty or carries our marker row is ever touched: somebody may
 * have named the wrong database.
 */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type pg from 'pg'
import { TrancheError } from '../../shared/errors.ts'
import { quoteIdentifier, sql } from '../../shared/sql.ts'
import type { Target } from '../../engine/target/open-target.ts'
import { query } from '../../engine/target/transaction.ts'
import { fillTables } from './fill-tables.ts'
import { releaseLocks } from './hold-locks.ts'
import { inTransaction } from './in-transaction.ts'
import { type PracticeData, readPracticeData } from './practice-data.ts'

const DEFAULT_ROWS = 200_000

export interface FillRequest {
  readonly catalogueFolder: string
  /** Folders of it whose scripts are run, in this order. */
  readonly dataFolders: readonly string[]
  /** undefined: what is there stays, or the default size where nothing is. */
  readonly rows?: number
  /** Rows that cannot be migrated too; undefined: as it was, without where nothing is. */
  readonly withTrouble?: boolean
  readonly isReset: boolean
  readonly trackingSchema: string
  readonly onProgress: (message: string) => void
  readonly signal?: AbortSignal
}

export interface FillOutcome {
  readonly rows: number
  /** false when what was there was kept. */
  readonly isFilled: boolean
  readonly hasTrouble: boolean
}

interface Marker {
  readonly rows: number
  readonly isComplete: boolean
  readonly hasTrouble: boolean
  /** Of the scripts that made what is there; null where an earlier version did. */
  readonly dataHash: string | null
}

/** Throws practice_foreign_database where the database is neither empty nor ours; changes nothing then. */
export async function fillPractice(target: Target, request: FillRequest): Promise<FillOutcome> {
  const data = await readAll(request)
  const { wish, isFilled } = await target.withClient((client) => prepare(client, target, { ...request, data }))
  const { rows, hasTrouble } = wish
  if (isFilled) {
    await fillTables(target, data, { ...request, rows, withTrouble: hasTrouble })
    await target.withClient((client) => client.query('UPDATE tranche_practice.marker SET is_complete = true'))
  }
  return { rows, isFilled, hasTrouble }
}

/** What is to be there; empties the database and marks it as ours where that is not there yet. */
async function prepare(
  client: pg.Client,
  target: Target,
  request: FillRequest & { readonly data: readonly PracticeData[] },
): Promise<{ readonly wish: Marker; readonly isFilled: boolean }> {
  const { isReset, onProgress, data } = request
  const marker = await readMarker(client)
  if (marker === null && !(await isEmpty(client))) throw foreign(target)
  // A reset is to a state in which everything ends well, unless trouble is asked for again.
  const hasTrouble = request.withTrouble ?? (!isReset && marker?.hasTrouble === true)
  const rows = request.rows ?? marker?.rows ?? DEFAULT_ROWS
  const wish: Marker = { rows, isComplete: true, hasTrouble, dataHash: hashOf(data) }
  if (isDeepStrictEqual(marker, wish) && !isReset) return { wish, isFilled: false }
  if (marker !== null) {
    onProgress('emptying the practice database')
    await releaseLocks(client)
    await empty(client, data, request)
  }
  await writeMarker(client, wish)
  return { wish, isFilled: true }
}

async function readAll({ catalogueFolder, dataFolders }: FillRequest): Promise<readonly PracticeData[]> {
  const folders = await Promise.all(dataFolders.map((each) => readPracticeData(catalogueFolder, each)))
  return folders.flat()
}

async function readMarker(client: pg.Client): Promise<Marker | null> {
  const { rows: found } = await query(
    client,
    sql`SELECT to_regclass('tranche_practice.marker') IS NOT NULL AS is_there`,
  )
  if (found[0]?.is_there !== true) return null
  // Read through JSON: a marker that an earlier version made lacks the last two.
  const { rows } = await query(
    client,
    sql`SELECT rows::int AS rows, is_complete, coalesce((to_jsonb(marker) ->> 'has_trouble')::boolean, false) AS has_trouble,
          to_jsonb(marker) ->> 'data_hash' AS data_hash
        FROM tranche_practice.marker`,
  )
  const [row] = rows as { rows: number; is_complete: boolean; has_trouble: boolean; data_hash: string | null }[]
  if (row === undefined) return null
  return { rows: row.rows, isComplete: row.is_complete, hasTrouble: row.has_trouble, dataHash: row.data_hash }
}

/** No table, view, sequence, function or schema that somebody made. */
async function isEmpty(client: pg.Client): Promise<boolean> {
  const { rows } = await query(
    client,
    sql`WITH theirs AS (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
        SELECT NOT EXISTS (SELECT FROM pg_class WHERE relnamespace IN (SELECT oid FROM theirs))
           AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace IN (SELECT oid FROM theirs))
           AND (SELECT count(*) FROM theirs) <= 1 AS is_empty`,
  )
  return rows[0]?.is_empty === true
}

/** What the catalogue made, what Tranche tracked there, and nothing else. */
async function empty(client: pg.Client, data: readonly PracticeData[], { trackingSchema }: FillRequest): Promise<void> {
  await inTransaction(client, async () => {
    for (const { drop } of [...data].reverse()) await client.query(drop)
    await client.query(`DROP SCHEMA IF EXISTS ${quoteIdentifier(trackingSchema)} CASCADE`)
    await client.query('DROP SCHEMA IF EXISTS tranche_practice CASCADE')
  })
}

/** It comes before the rows: a fill that is killed half-way leaves a database that is known to be ours. */
async function writeMarker(client: pg.Client, { rows, hasTrouble, dataHash }: Marker): Promise<void> {
  await inTransaction(client, async () => {
    await client.query('CREATE SCHEMA tranche_practice')
    await client.query(
      'CREATE TABLE tranche_practice.marker (singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), rows bigint NOT NULL, is_complete boolean NOT NULL, has_trouble boolean NOT NULL, data_hash text NOT NULL)',
    )
    await client.query(
      'INSERT INTO tranche_practice.marker (rows, is_complete, has_trouble, data_hash) VALUES ($1, false, $2, $3)',
      [rows, hasTrouble, dataHash],
    )
  })
}

function hashOf(data: readonly PracticeData[]): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex')
}

function foreign({ description }: Target): TrancheError {
  return new TrancheError(
    'practice_foreign_database',
    `${description} holds things that Tranche's practice did not make; it is not touched`,
    {
      remedy: 'Name an empty database in TRANCHE_PRACTICE_URL, or leave it out to have a private server.',
    },
  )
}
