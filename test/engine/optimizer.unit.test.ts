import { describe, expect, it } from 'vitest'
import { decideBatchSize, smoothedEfficiency, timeEfficiency } from '../../src/engine/optimizer.ts'

describe('time efficiency', () => {
  it.each([
    [60, 120, 0.5],
    [120, 120, 1],
    [null, 120, null],
    [60, 0, null],
  ])('of %s s in an interval of %s s is %s', (seconds, intervalSeconds, expected) => {
    expect(timeEfficiency({ seconds }, intervalSeconds)).toBe(expected)
  })
})

describe('the smoothed efficiency', () => {
  it.each([
    [[1.1, 1, 0.95, 0.9, 0.8, 0.95, 0.9, 0.8, 0.9, 0.95], 0.96],
    [[1.2, 1.1, 1, 1, 1.1, 1, 0.95, 0.9, 0.95, 0.9], 1.06],
    [[0.9, 0.95, 1, 1.2, 1.1, 1.2, 1.1, 1, 1.1, 1], 1.03],
    [[1.2, 0.9, 0.8, 0.9, 0.95, 0.9, 0.92, 0.9, 0.95, 0.9], 0.96],
  ])('weighs newer jobs more: %j is %d', (newestFirst, expected) => {
    expect(smoothedEfficiency(newestFirst, { count: 10, alpha: 0.2 })).toBe(expected)
  })

  it('is unknown with fewer jobs than are looked at, and looks at no more than those', () => {
    expect(smoothedEfficiency(Array.from({ length: 19 }, () => 0.5))).toBeNull()
    expect(smoothedEfficiency([...Array.from({ length: 20 }, () => 0.5), 100])).toBe(0.5)
  })

  it('drops what is unknown before it weighs', () => {
    expect(smoothedEfficiency([null, 1, 0.5], { count: 3, alpha: 0.5 })).toBe(0.83)
    expect(smoothedEfficiency([null, null], { count: 2 })).toBeNull()
  })
})

describe('the batch size', () => {
  const sizes = { batchSize: 10_000, subBatchSize: 100, maxBatchSize: null }

  it.each([
    [0.9, 10_000, 'within_band'],
    [0.95, 10_000, 'within_band'],
    [0.89, 10_674, 'faster'],
    [0.1, 12_000, 'faster'],
    [0.96, 9_895, 'slower'],
    [10, 1_000, 'slower'],
  ])('at an efficiency of %d becomes %d (%s)', (efficiency, batchSize, because) => {
    expect(decideBatchSize(efficiency, sizes)).toMatchObject({ batchSize, because })
  })

  it.each([null, 0])('is left alone while the efficiency is %s', (efficiency) => {
    expect(decideBatchSize(efficiency, sizes)).toBeNull()
  })

  it('never passes the max batch size, nor two million without one', () => {
    expect(decideBatchSize(0.1, { ...sizes, maxBatchSize: 11_000 })).toMatchObject({ batchSize: 11_000 })
    expect(decideBatchSize(0.1, { ...sizes, maxBatchSize: 10_000 })).toMatchObject({ because: 'at_limit' })
    expect(decideBatchSize(0.1, { ...sizes, batchSize: 1_900_000 })).toMatchObject({ batchSize: 2_000_000 })
  })

  it('is not raised to a thousand where it was queued smaller on purpose; it follows its own efficiency', () => {
    const small = { ...sizes, batchSize: 500 }
    expect(decideBatchSize(0.1, small)).toMatchObject({ batchSize: 600 })
    expect(decideBatchSize(2, small)).toMatchObject({ batchSize: 237 })
    expect(decideBatchSize(0.92, small)).toMatchObject({ batchSize: 500 })
  })

  it('never becomes smaller than one sub-batch', () => {
    expect(decideBatchSize(10, { ...sizes, subBatchSize: 2_000 })).toMatchObject({ batchSize: 2_000 })
    expect(decideBatchSize(10, { ...sizes, batchSize: 500, subBatchSize: 400 })).toMatchObject({ batchSize: 400 })
  })
})
