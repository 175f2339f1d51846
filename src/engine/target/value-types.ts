/**
 * How values are read: bigint and numeric as strings (never through a JavaScript number), dates and times as
 * PostgreSQL's own text, json and jsonb as objects, the rest as pg reads it.
 */
import pg from 'pg'

const AS_TEXT = new Set([20, 1700, 1082, 1083, 1114, 1184, 1266, 1186]) // int8, numeric, date, time, timestamp, timestamptz, timetz, interval

export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (AS_TEXT.has(oid)) return (value: unknown) => value
    return pg.types.getTypeParser(oid, format ?? 'text') as (value: unknown) => unknown
  },
}
