import { describe, expect, it } from 'vitest'
import { timeLeft, type TimeLeftInput } from '../../src/shared/time-left.ts'

/** Ten jobs of 1 000 rows, one every 10 s, each at work for 5 s; 10 000 of 20 000 rows are done. */
const STEADY: TimeLeftInput = {
  status: 'active',
  isDriven: true,
  isAttached: false,
  recent: Array.from({ length: 10 }, (_, index) => ({
    startedAtSeconds: 10 * index,
    finishedAtSeconds: 10 * index + 5,
    scanned: 1_000,
  })),
  nowSeconds: 100,
  heldSeconds: 0,
  idle: [],
  intervalSeconds: 10,
  scanned: 10_000,
  totalTupleCount: 20_000,
  percentByKey: 50,
}

function leftOf(changes: Partial<TimeLeftInput> = {}): { lowSeconds: number; highSeconds: number; basis: string } {
  const { left } = timeLeft({ ...STEADY, ...changes })
  if (left === null) throw new Error('expected an estimate')
  return left
}

describe('the time left', () => {
  it('is a range around the recent pace, intervals included, with its basis', () => {
    const { lowSeconds, highSeconds, basis } = leftOf()
    expect(lowSeconds).toBeLessThan(100)
    expect(highSeconds).toBeGreaterThan(100)
    expect(basis).toBe('the last 10 jobs (10 000 rows in 1 m 40 s) and the estimate of rows')
  })

  it('speaks of one job as of one', () => {
    expect(leftOf({ recent: STEADY.recent.slice(-1) }).basis).toMatch(/^the last job \(1 000 rows in /)
  })

  it('includes holds: the high end goes on as it went, the low end without them', () => {
    const held = leftOf({ nowSeconds: 700, heldSeconds: 600 })
    expect(held.lowSeconds).toBeLessThan(100)
    expect(held.highSeconds).toBe(770)
    expect(held.basis).toContain('10 m 00 s of it on hold')
  })

  it('leaves out what was paused, also in the middle of a job', () => {
    const { recent } = STEADY
    const paused = recent.map((job, index) => ({
      ...job,
      startedAtSeconds: job.startedAtSeconds + (index > 6 ? 600 : 0),
      finishedAtSeconds: job.finishedAtSeconds + (index > 5 ? 600 : 0),
    }))
    const idle = [{ fromSeconds: 62, toSeconds: 662 }]

    expect(leftOf({ recent: paused, nowSeconds: 700, idle })).toEqual(leftOf())
  })

  it('goes by keys where the estimate of rows is used up, or was never there', () => {
    for (const totalTupleCount of [null, 9_000]) {
      const { highSeconds, basis } = leftOf({ totalTupleCount })
      expect(highSeconds).toBeGreaterThan(100)
      expect(basis).toMatch(/and the position in the key range$/)
    }
  })

  it('goes on for a while without a runner: a scheduler comes and goes', () => {
    expect(timeLeft({ ...STEADY, isDriven: false }).left).not.toBeNull()
    const idle = { ...STEADY, isDriven: false, nowSeconds: 1_000 }
    expect(timeLeft(idle).because).toBe('nobody drives it now')
    expect(timeLeft({ ...idle, isAttached: true }).because).toBe('no job of it has ended lately')
  })

  it.each<[Partial<TimeLeftInput>, string]>([
    [{ status: 'finished' }, 'nothing is left to do'],
    [{ status: 'paused' }, 'it is paused: nothing goes on by itself'],
    [{ status: 'failed' }, 'it is failed: nothing goes on by itself'],
    [{ recent: [] }, 'no job has succeeded yet'],
    [
      { totalTupleCount: null, percentByKey: null },
      'neither the number of rows nor the position in the key range is known',
    ],
    [{ recent: [{ startedAtSeconds: 0, finishedAtSeconds: 1, scanned: 0 }] }, 'the last jobs had no row to go by'],
  ])('is unknown with the reason: %j', (changes, because) => {
    expect(timeLeft({ ...STEADY, ...changes })).toEqual({ left: null, because })
  })
})
