import { expect, it } from 'vitest'
import { explainUnnamedTarget } from '../../src/cli/explain-unnamed-target.ts'
import { TrancheError } from '../../src/shared/errors.ts'

const REFUSED = new TrancheError('target_unreachable', 'cannot connect', { remedy: 'Check host and port.' })

it('says how a database is named where none was', () => {
  expect(explainUnnamedTarget(REFUSED, false)).toMatchObject({
    ...{ code: 'target_unreachable', message: 'cannot connect' },
    remedy: expect.stringMatching(/No database was named.*--target URL.*--connection practice/) as string,
  })
})

it('leaves the remedy of one that was named, and of what has nothing to do with it', () => {
  expect(explainUnnamedTarget(REFUSED, true)).toBe(REFUSED)
  const other = new TrancheError('unknown_class', 'no such class')
  expect(explainUnnamedTarget(other, false)).toBe(other)
})
