import fc from 'fast-check'
import { expect, it } from 'vitest'
import { story } from '../../support/batching-story.ts'
import { setupStories, type Shape } from '../../support/play-story.ts'

const ODD = `(ARRAY['', ' ', '"', '''', '\\', '{', ',', 'NULL', 'ä', 'A', 'a'])[1 + abs(id % 11)]`

const SHAPES: readonly (Shape & { readonly key: string })[] = [
  { key: 'an integer', strategy: 'primary_key', columns: { k: ['bigint', 'id'] } },
  { key: 'an integer as a cursor', strategy: 'keyset', columns: { k: ['bigint', 'id'] } },
  { key: 'a uuid', strategy: 'keyset', columns: { k: ['uuid', 'md5(id::text)::uuid'] } },
  {
    key: 'few numbers and odd texts',
    strategy: 'keyset',
    columns: { a: ['smallint', '(id % 3)::smallint'], b: ['text', `${ODD} || id`] },
  },
  {
    key: 'odd texts in the order of their bytes',
    strategy: 'keyset',
    columns: { a: ['text COLLATE "C"', ODD], b: ['numeric', '-id::numeric'], c: ['boolean', 'id % 2 = 0'] },
  },
  {
    key: 'odd texts in the order of a language that is not the database’s',
    strategy: 'keyset',
    columns: { a: ['text COLLATE "und-x-icu"', `${ODD} || (ARRAY['b', 'B', '-'])[1 + abs(id % 3)] || id`] },
  },
  {
    key: 'microseconds and a scaled number',
    strategy: 'keyset',
    columns: {
      at: ['timestamptz', 'to_timestamp(1774745999.99999 + (id % 20) / 1000000.0)'],
      n: ['numeric', 'id / 1000.00'],
    },
  },
  {
    key: 'a value of several rows',
    strategy: 'loose_index_scan',
    isLoose: true,
    columns: { k: ['bigint', 'id % 13'] },
  },
  {
    key: 'a text of several rows',
    strategy: 'loose_index_scan',
    isLoose: true,
    columns: { k: ['text', ODD] },
  },
]

it.each(SHAPES)('visits each row as often as its story says, by $key, and proves it', async (shape) => {
  const { play } = await setupStories(shape)
  const property = fc.asyncProperty(story, async (told) => {
    const { expected, found, holds, newAfterQueueing, missed } = await play(told)
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected))
    expect({ holds, newAfterQueueing }).toEqual({ holds: true, newAfterQueueing: { ...missed, isCapped: false } })
  })
  await fc.assert(property, { numRuns: 200, interruptAfterTimeLimit: 4_000 })
})
