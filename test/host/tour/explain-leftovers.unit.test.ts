import { expect, it } from 'vitest'
import { explainLeftovers } from '../../../src/host/tour/explain-leftovers.ts'
import { TrancheError } from '../../../src/shared/errors.ts'

it('says of a check that does not hold how the practice data are made anew, and where to look', () => {
  const failed = new TrancheError('check_failed', 'migration 4 stays finished', { remedy: 'tranche verify 4' })
  expect(explainLeftovers(failed, 'ci_4')).toMatchObject({
    ...{ code: 'check_failed', message: 'migration 4 stays finished' },
    remedy: expect.stringMatching(
      /npm start -- --headless --reset.*npx tranche report ci_4 --connection practice/,
    ) as string,
  })
})

it('leaves every other error as it is', () => {
  const lost = new TrancheError('target_lost', 'the connection was lost')
  expect(explainLeftovers(lost, '4')).toBe(lost)
})
