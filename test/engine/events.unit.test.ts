import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createEmitter } from '../../src/engine/events.ts'

function setup() {
  const logged: unknown[] = []
  const emitter = createEmitter({ log: (level, event, fields) => logged.push({ level, event, ...fields }) })
  const heard: string[] = []
  const tell = (): void => emitter.emit('job:retried', { migrationId: '1', jobId: '2' })
  return { emitter, logged, heard, tell }
}

it('tells every listener of an event, in the order of their coming, until they leave', () => {
  const { emitter, heard, tell } = setup()
  const leave = emitter.on('job:retried', ({ jobId }) => heard.push(`first ${jobId}`))
  emitter.on('job:retried', () => heard.push('second'))
  emitter.on('migration:queued', () => heard.push('never'))
  tell()
  leave()
  leave()
  tell()
  expect(heard).toEqual(['first 2', 'second', 'second'])
})

it('is not hurt by a listener that throws or rejects, and the others still hear', async () => {
  const { emitter, logged, heard, tell } = setup()
  emitter.on('job:retried', () => {
    throw new Error('boom')
  })
  const rejects: unknown = async () => Promise.reject(new Error('later'))
  emitter.on('job:retried', rejects as () => void)
  emitter.on('job:retried', () => heard.push('told'))
  tell()
  await sleep(1)
  expect(heard).toEqual(['told'])
  expect(logged).toEqual([
    { level: 'error', event: 'job:retried', message: 'boom' },
    { level: 'error', event: 'job:retried', message: 'later' },
  ])
})

it('tells a listener that comes while an event is told only of the next one', () => {
  const { emitter, heard, tell } = setup()
  emitter.on('job:retried', () => {
    heard.push('old')
    emitter.on('job:retried', () => heard.push('new'))
  })
  tell()
  expect(heard).toEqual(['old'])
})
