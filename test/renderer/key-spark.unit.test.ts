import { describe, expect, it } from 'vitest'
import { keyMarksOf } from '../../src/renderer/src/features/failures/key-spark.ts'
import type { FailedJobValue } from '../../src/shared/cli-output.ts'

/** Of a failed job only the place of its keys is asked for. */
function failedAt(minValue: string | null, id = minValue ?? 'cursor'): FailedJobValue {
  const job = { id, minValue } as Partial<FailedJobValue['job']> as FailedJobValue['job']
  return { job, isBlocked: true, group: 'g', log: [] }
}

const at = (min: string | null, max: string | null, keys: readonly (string | null)[]): readonly number[] =>
  keyMarksOf(
    { minValue: min, maxValue: max },
    keys.map((key) => failedAt(key)),
  ).marks.map((mark) => Number(mark.at.toFixed(2)))

describe('the spark of a key range', () => {
  it('places jobs by their keys', () => {
    expect(at('0', '1000', ['250', '500', null])).toEqual([0.25, 0.5])
    expect(keyMarksOf({ minValue: '0', maxValue: '1000' }, [failedAt('500')]).shortened).toBeNull()
  })

  it('draws a far key’s distance shorter, so that one outlier does not press all others together', () => {
    expect(at('0', '2000000000', ['10000', '20000', '30000', '1999990000'])).toEqual([0.2, 0.4, 0.6, 0.8])
    const { shortened } = keyMarksOf({ minValue: '0', maxValue: '2000000000' }, [failedAt('10000'), failedAt('40000')])
    expect(shortened?.from).toBeCloseTo(0.8)
    expect(shortened?.to).toBeCloseTo(1)
  })

  it('stays within the range, and shows nothing of keys that are no numbers', () => {
    expect(at('0', '100', ['-5', '500'])).toEqual([0, 1])
    expect(at('a', 'z', ['c'])).toEqual([])
    expect(at(null, null, ['c'])).toEqual([])
    expect(at('5', '5', ['5'])).toEqual([])
  })
})
