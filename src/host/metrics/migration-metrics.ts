/** The metrics of batched migrations, under the names, labels and buckets that GitLab's dashboards use. */
import type { Engine } from '../../engine/engine.ts'
import type { Operation } from '../../engine/performer.ts'
import type { Job, MigrationState } from '../../engine/types.ts'
import { createHistogram, createMetric, type Histogram, type Labels, type Metric } from './exposition.ts'

const QUERY_SECONDS_BUCKETS = [0.1, 0.25, 0.5, 1, 5]

export interface MigrationMetrics {
  text(): string
  stop(): void
}

export interface MetricsSource {
  readonly engine: Engine
  /** Before its ids, where several databases are driven. */
  readonly prefix: string
}

/** Listens to engines. Failed jobs are measured like succeeded ones. */
export function createMigrationMetrics(
  sources: readonly MetricsSource[],
  onError: (error: unknown) => void,
): MigrationMetrics {
  const meters = createMeters()
  const stops = sources.map((source) => listen(source, meters, onError))
  return {
    text: () =>
      Object.values(meters)
        .map((meter) => meter.text())
        .join(''),
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}

interface Meters extends Record<string, Metric | Histogram> {
  readonly batchSize: Metric
  readonly subBatchSize: Metric
  readonly interval: Metric
  readonly duration: Metric
  readonly migrated: Metric
  readonly total: Metric
  readonly updatedAt: Metric
  readonly updated: Metric
  readonly queries: Histogram
}

function createMeters(): Meters {
  const gauge = (name: string, help: string): Metric => createMetric({ name, help }, 'gauge')
  return {
    batchSize: gauge('batched_migration_job_batch_size', 'Batch size of the last job.'),
    subBatchSize: gauge('batched_migration_job_sub_batch_size', 'Sub-batch size of the last job.'),
    interval: gauge('batched_migration_job_interval_seconds', 'Interval between the starts of jobs.'),
    duration: gauge('batched_migration_job_duration_seconds', 'Duration of the last job.'),
    migrated: gauge('batched_migration_migrated_tuples_total', 'Rows scanned so far, by all runners.'),
    total: gauge('batched_migration_total_tuple_count', 'Estimate of the rows in all, at queue time.'),
    updatedAt: gauge('batched_migration_last_update_time_seconds', 'When a job ended last, in Unix time.'),
    updated: createMetric(
      { name: 'batched_migration_job_updated_tuples_total', help: 'Rows changed by jobs of this process.' },
      'counter',
    ),
    queries: createHistogram(
      { name: 'batched_migration_job_query_duration_seconds', help: 'Duration of sub-batches.' },
      QUERY_SECONDS_BUCKETS,
    ),
  }
}

function listen({ engine, prefix }: MetricsSource, meters: Meters, onError: (error: unknown) => void): () => void {
  const labels = new Map<string, Labels>()
  const labelsOf = (migrationId: string): Labels =>
    labels.get(migrationId) ?? { migration_id: `${prefix}${migrationId}` }
  const observe = (migrationId: string, { name, milliseconds }: Operation): void => {
    meters.queries.observe({ ...labelsOf(migrationId), operation: name }, milliseconds / 1000)
  }
  // What the events do not tell is read back from the target.
  const onJobEnd = ({ migrationId, jobId }: { readonly migrationId: string; readonly jobId: string }): void => {
    Promise.all([engine.get(migrationId), engine.job(migrationId, jobId)])
      .then(([state, { job }]) => {
        measure(meters, labelsOf(migrationId), state, job)
      })
      .catch(onError)
  }
  const stops = [
    engine.on('run:started', ({ migrationId, migration: { jobClassName, tableName, columns } }) => {
      const migration_identifier = `${jobClassName}/${tableName}.${columns.join(',')}`
      labels.set(migrationId, { migration_id: `${prefix}${migrationId}`, migration_identifier })
    }),
    engine.on('sub_batch:committed', ({ migrationId, changed, operations }) => {
      meters.updated.add(labelsOf(migrationId), changed)
      for (const operation of operations) observe(migrationId, operation)
    }),
    engine.on('job:succeeded', onJobEnd),
    engine.on('job:failed', (event) => {
      observe(event.migrationId, event.operation)
      onJobEnd(event)
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function measure(meters: Meters, of: Labels, state: MigrationState, job: Job): void {
  meters.batchSize.set(of, job.batchSize)
  meters.subBatchSize.set(of, job.subBatchSize)
  meters.interval.set(of, state.intervalSeconds)
  meters.migrated.set(of, state.rows.scanned)
  if (state.totalTupleCount !== null) meters.total.set(of, state.totalTupleCount)
  if (job.startedAt === null || job.finishedAt === null) return
  meters.duration.set(of, (Date.parse(job.finishedAt) - Date.parse(job.startedAt)) / 1000)
  meters.updatedAt.set(of, Date.parse(job.finishedAt) / 1000)
}
