/**
 * Foreign keys and plain indexes are taken off while rows go in: checking each row's references and adding each row to every
 * index would take most of the time.
 */
import type pg from 'pg'
import { sql } from '../../shared/sql.ts'
import { query } from '../../engine/target/transaction.ts'

/** Statements that put back what was taken off. */
export interface SetAside {
  readonly indexes: readonly string[]
  /** After the indexes, one after the other: each locks two tables, for no time. */
  readonly foreignKeys: readonly string[]
  /** After the foreign keys: each reads its table. */
  readonly validations: readonly string[]
}

/** From every table of the database but the marker; keys and the indexes of constraints stay. In one transaction. */
export async function setAside(client: pg.Client): Promise<SetAside> {
  const { rows: foreignKeys } = await query(
    client,
    sql`SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS "takeOff",
               format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS "putBack",
               format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname) AS validation
          FROM pg_constraint
         WHERE contype = 'f' AND convalidated AND connamespace IN (SELECT oid FROM pg_namespace WHERE ${isOurs})
         ORDER BY conrelid, conname`,
  )
  const { rows: indexes } = await query(
    client,
    sql`SELECT format('DROP INDEX %s', indexrelid::regclass) AS "takeOff", pg_get_indexdef(indexrelid) AS "putBack"
          FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
         WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE ${isOurs})
           AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype <> 'f')
         ORDER BY indexrelid`,
  )
  for (const { takeOff } of [...foreignKeys, ...indexes]) await client.query(String(takeOff))
  return {
    indexes: indexes.map(({ putBack }) => String(putBack)),
    foreignKeys: foreignKeys.map(({ putBack }) => String(putBack)),
    validations: foreignKeys.map(({ validation }) => String(validation)),
  }
}

const isOurs = sql`nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'tranche_practice')`
