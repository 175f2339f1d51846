import { expect, it, onTestFinished } from 'vitest'
import { createMigrationMetrics } from '../../../src/host/metrics/migration-metrics.ts'
import { serveMetrics } from '../../../src/host/metrics/serve-metrics.ts'
import { hitEvery } from '../../support/hits.ts'
import { queued } from '../../support/queued.ts'
import { until } from '../../support/until.ts'

it('serves GitLab’s names on this machine’s own address, for succeeded and failed jobs alike', async () => {
  const bundle = await queued(30, hitEvery({ batchSize: 10, subBatchSize: 5, raisesOnBad: true }), [60])
  const errors: unknown[] = []
  const metrics = createMigrationMetrics([{ engine: bundle.engine, prefix: '' }], (error) => errors.push(error))
  const server = await serveMetrics(0, () => metrics.text())
  onTestFinished(() => server.close())
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/)
  const read = async (): Promise<string> => (await fetch(server.url)).text()

  await bundle.engine.run(bundle.migrationId)
  const of = `migration_id="${bundle.migrationId}",migration_identifier="HitEvery/public.items.id"`
  // Gauges are read back from the target after each job.
  await until(async () => (await read()).includes(`batched_migration_migrated_tuples_total{${of}} 25`))

  const text = await read()
  expect(errors).toEqual([])
  for (const line of [
    `batched_migration_job_batch_size{${of}} 10`,
    `batched_migration_job_sub_batch_size{${of}} 5`,
    `batched_migration_job_interval_seconds{${of}} 120`,
    `batched_migration_total_tuple_count{${of}} 30`,
    `batched_migration_job_updated_tuples_total{${of}} 25`,
    `batched_migration_job_query_duration_seconds_count{${of},operation="perform"} 8`,
  ]) {
    expect(text).toContain(`\n${line}\n`)
  }
  expect(text).toMatch(/^batched_migration_job_duration_seconds\{.*\} [\d.e-]+$/m)
  expect(text).toMatch(/^batched_migration_last_update_time_seconds\{.*\} \d{10}/m)
  for (const bound of ['0.1', '0.25', '0.5', '1', '5', '+Inf']) expect(text).toContain(`le="${bound}"`)
  expect((await fetch(server.url.replace('/metrics', '/'))).status).toBe(404)
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(405)
})

it('a port that is taken is wrong usage', async () => {
  const server = await serveMetrics(0, () => '')
  onTestFinished(() => server.close())
  const port = Number(new URL(server.url).port)
  await expect(serveMetrics(port, () => '')).rejects.toMatchObject({ code: 'usage' })
})
