import { expect, it } from 'vitest'
import { logEvents } from '../../src/cli/json-log.ts'
import { createJsonLogger } from '../../src/host/system/json-logger.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { createEmitter } from '../../src/engine/events.ts'
import { silentLogger } from '../support/engine-ports.ts'
import { migrationState } from '../support/migration-state.ts'

function setup() {
  const lines: Record<string, unknown>[] = []
  const logger = createJsonLogger((line) => void lines.push(JSON.parse(line) as Record<string, unknown>), false)
  const emitter = createEmitter(silentLogger)
  const engine: Pick<Engine, 'on'> = { on: (name, listener) => emitter.on(name, listener) }
  logEvents(engine as Engine, logger) // it asks nothing else of an engine
  return { lines, logger, emitter }
}

const JOB = { migrationId: '1', jobId: '7' }

it('tells shrinking and splitting with the fields of GitLab’s logs', () => {
  const { lines, emitter } = setup()
  emitter.emit('run:started', { migrationId: '1', runnerId: 'r', migration: migrationState({ jobArguments: ['!'] }) })
  emitter.emit('job:shrunk', { ...JOB, from: 100, to: 75, attempts: 1 })
  emitter.emit('job:split', { ...JOB, secondJobId: '8', batchSize: 500, attempts: 3 })

  const about = { severity: 'WARN', batched_migration_id: '1', job_class_name: 'Backfill', job_arguments: ['!'] }
  expect(lines).toMatchObject([
    {
      ...about,
      message: 'Sub batch size reduced due to timeout',
      batched_job_id: '7',
      sub_batch_size: 100,
      reduced_sub_batch_size: 75,
      attempts: 1,
    },
    {
      ...about,
      message: 'BatchedJob split',
      batched_job_id: '7',
      second_batched_job_id: '8',
      batch_size: 500,
      attempts: 3,
    },
  ])
})

it('keeps the message of a line whatever its fields are called, and names them as GitLab does', () => {
  const { lines, logger } = setup()
  logger.log('warn', 'migration skipped', {
    migrationId: '3',
    jobClassName: 'A',
    code: 'definition_drift',
    message: 'it changed',
  })
  expect(lines).toMatchObject([
    {
      message: 'migration skipped',
      batched_migration_id: '3',
      job_class_name: 'A',
      exception_class: 'definition_drift',
      exception_message: 'it changed',
    },
  ])
})
