import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import {
  addField,
  bigint,
  copyRows,
  createCollection,
  createTableLike,
  defineSteppedMigration,
  dropTable,
  runSql,
  sql,
  updateCollectionMetadata,
  vector,
} from '../../src/catalogue/api.ts'
import { open } from './open-fixture.ts'

test('stepped migrations are listed by version, beside the batched ones, under their file’s name', async () => {
  const catalogue = await open(fileURLToPath(new URL('../fixtures/catalogues/stepped', import.meta.url)))
  expect(catalogue.definitions).toEqual([])
  expect(catalogue.broken).toEqual([])
  expect(catalogue.stepped().migrations.map(({ definition, name }) => [definition.version, name])).toEqual([
    ['20250123143913', 'create_code_embeddings'],
    ['20250124000000', 'drop_old_notes'],
  ])
})

test('a version that two files have, or that its file’s name does not say, is used by neither; the others stay usable', async () => {
  const catalogue = await open(fileURLToPath(new URL('../fixtures/catalogues/stepped-broken', import.meta.url)))
  expect(catalogue.stepped().migrations).toEqual([])
  expect(catalogue.broken.map(({ file, message }) => [file, message])).toEqual([
    ['20250101000000_one_version.ts', expect.stringContaining('another file has the version 20250101000000 too')],
    ['20250101000000_same_version.ts', expect.stringContaining('another file has the version 20250101000000 too')],
    [
      '20250103000000_other_version.ts',
      expect.stringContaining('expected the file name 20250102000000_other_version.ts'),
    ],
    ['20250104000000_reserved_field.ts', expect.stringContaining('every collection has ref_id by itself')],
    ['20250105000000_twice_the_same.ts', expect.stringContaining('is a second drop_code')],
  ])
  // Their records must not be taken for those of vanished files.
  expect(catalogue.stepped().broken.map(({ version, file }) => [version, file])).toEqual([
    ['20250101000000', '20250101000000_one_version.ts'],
    ['20250102000000', '20250103000000_other_version.ts'],
    ['20250103000000', '20250103000000_other_version.ts'],
    ['20250104000000', '20250104000000_reserved_field.ts'],
    ['20250105000000', '20250105000000_twice_the_same.ts'],
  ])
})

const refused: readonly (readonly [string, () => unknown, string])[] = [
  [
    'a version that is no time',
    () => defineSteppedMigration({ version: '2025', operations: [runSql('a', sql`SELECT 1`)] }),
    'expected 14 digits',
  ],
  [
    'no operation',
    () => defineSteppedMigration({ version: '20250101000000', operations: [] }),
    'at least one operation',
  ],
  [
    'no partition',
    () => createCollection('code', { partitions: 0, fields: { id2: bigint() } }),
    'expected a whole number from 1',
  ],
  [
    'a name that needs quotes',
    () => createCollection('Code', { partitions: 1, fields: { a: bigint() } }),
    'small letters',
  ],
  ['a vector without dimensions', () => vector({ dimensions: 0 }), 'expected a whole number from 1 to 16000'],
  ['an index over too many dimensions', () => vector({ dimensions: 3_000 }), 'expected index: false'],
  ['fields that are none', () => addField('code', {}), 'fields is empty'],
  ['metadata that is no object', () => updateCollectionMetadata('code', ['a'] as never), 'expected an object'],
  ['a drop without a reason', () => dropTable('old', { why: ' ' }), 'say why'],
  [
    'a column of a table that is not joined',
    () => copyRows({ from: 'a', to: 'b', columns: ['c.id'], onConflict: { columns: ['id'] } }),
    'not a column of the joined table',
  ],
  [
    'a conflict over what is not copied',
    () => copyRows({ from: 'a', to: 'b', columns: ['id'], onConflict: { columns: ['key'] } }),
    'key is not among the columns',
  ],
  ...[2.5, NaN, 0].map(
    (subBatchSize) =>
      [
        `a copy in sub-batches of ${String(subBatchSize)} rows`,
        () => copyRows({ from: 'a', to: 'b', columns: ['id'], onConflict: { columns: ['id'] }, subBatchSize }),
        'expected whole numbers',
      ] as const,
  ),
  [
    'a copy in batches of NaN rows',
    () => copyRows({ from: 'a', to: 'b', columns: ['id'], onConflict: { columns: ['id'] }, batchSize: NaN }),
    'expected whole numbers',
  ],
  ['a new table with a schema', () => createTableLike('app.new', { like: 'app.old' }), 'without a schema'],
]

test.each(refused)('a definition is refused with its reason: %s', (_, make, reason) => {
  expect(make).toThrow(reason)
})
