/** The knobs of a migration and their limits. A number's name carries its unit. */
import type { BatchedMigrationDefinition } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import type { KnobChanges, QueueRequest } from './types.ts'

export interface Knobs {
  readonly batchSize: number
  readonly subBatchSize: number
  readonly maxBatchSize: number | null
  readonly intervalSeconds: number
  readonly pauseMs: number
}

const LARGEST_INTEGER = 2_147_483_647
const LARGEST_INTERVAL = 32_767

/** The definition's knobs with the request's on top. Throws invalid_setting, naming the knob and what it may be. */
export function effectiveKnobs(definition: BatchedMigrationDefinition, request: QueueRequest): Knobs {
  return changedKnobs(definition, request)
}

/** Throws invalid_setting when the changed knobs do not fit each other; returns all of them. */
export function changedKnobs(current: Knobs, changes: KnobChanges): Knobs {
  const knobs: Knobs = {
    batchSize: changes.batchSize ?? current.batchSize,
    subBatchSize: changes.subBatchSize ?? current.subBatchSize,
    maxBatchSize: changes.maxBatchSize === undefined ? current.maxBatchSize : changes.maxBatchSize,
    intervalSeconds: changes.intervalSeconds ?? current.intervalSeconds,
    pauseMs: changes.pauseMs ?? current.pauseMs,
  }
  assertWithin('batch size', knobs.batchSize, 1, LARGEST_INTEGER)
  assertWithin('sub-batch size', knobs.subBatchSize, 1, LARGEST_INTEGER)
  assertWithin('interval', knobs.intervalSeconds, 0, LARGEST_INTERVAL)
  assertWithin('pause ms', knobs.pauseMs, 0, LARGEST_INTEGER)
  if (knobs.maxBatchSize !== null) assertWithin('max batch size', knobs.maxBatchSize, 1, LARGEST_INTEGER)
  if (knobs.batchSize < knobs.subBatchSize) {
    throw invalid(
      `batch size ${String(knobs.batchSize)} is smaller than sub-batch size ${String(knobs.subBatchSize)}`,
      'A job must hold at least one sub-batch: raise the batch size or lower the sub-batch size.',
    )
  }
  if (knobs.maxBatchSize !== null && knobs.maxBatchSize < knobs.batchSize) {
    throw invalid(
      `max batch size ${String(knobs.maxBatchSize)} is smaller than batch size ${String(knobs.batchSize)}`,
      'Raise the max batch size or lower the batch size.',
    )
  }
  return knobs
}

function assertWithin(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw invalid(
    `${name} is ${String(value)}; expected a whole number from ${String(min)} to ${String(max)}`,
    `Give ${name} a value in that range.`,
  )
}

function invalid(message: string, remedy: string): TrancheError {
  return new TrancheError('invalid_setting', message, { remedy })
}
