/** Thresholds of the health indicators, per connection. null switches an indicator, or one of its two limits, off. */
import { z } from 'zod'

const limit = (max = Number.MAX_SAFE_INTEGER): z.ZodNullable<z.ZodInt> => z.int().min(0).max(max).nullable()

export const HealthSettings = z.strictObject({
  /** How long a hold lasts, unless its signal clears before (GitLab's 10 minutes). */
  holdSeconds: z.int().min(1).max(86_400).default(600),
  isAutovacuumWatched: z.boolean().default(true),
  /** GitLab's 42: above it, hold. */
  maxArchiveSegments: limit().default(42),
  /** Off unless set: what a server can take is known to its operators only. */
  maxWalBytesPerSecond: limit().default(null),
  maxLagBytes: limit().default(256 * 1024 ** 2),
  maxLagSeconds: limit().default(10),
  /** Below so much that a slot may still keep back before the server drops its WAL, hold. */
  minSafeWalBytes: limit().default(1024 ** 3),
  /** Of a slot that nobody reads. */
  maxRetainedWalBytes: limit().default(10 * 1024 ** 3),
  maxLockWaitSeconds: limit().default(2),
  maxTransactionSeconds: limit().default(3_600),
  maxXminAge: limit().default(10_000_000),
})

export type HealthSettings = z.output<typeof HealthSettings>

export const DEFAULT_HEALTH: HealthSettings = HealthSettings.parse({})
