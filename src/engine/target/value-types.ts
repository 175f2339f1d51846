/**
 * How values are read: bigint and numeric as strings (never through a JavaScript number), dates and times as
 * PostgreSQL's own text, json and jsonb as objects, the rest as pg reads it. Lists of them likewise.
 */
import pg from 'pg'

// int8, numeric, date, time, timestamp, timestamptz, timetz, interval
const AS_TEXT = new Set<number>([20, 1700, 1082, 1083, 1114, 1184, 1266, 1186])
// the same, each as an array
const AS_TEXT_LIST = new Set<number>([1016, 1231, 1182, 1183, 1115, 1185, 1270, 1187])
const TEXT_LIST = 1009

const parserOf = pg.types.getTypeParser as (oid: number, format: 'text' | 'binary') => (value: unknown) => unknown

export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (AS_TEXT.has(oid)) return (value: unknown) => value
    return parserOf(AS_TEXT_LIST.has(oid) ? TEXT_LIST : oid, format ?? 'text')
  },
}
