import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { hitEvery } from '../support/hits.ts'
import { queued } from '../support/queued.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heldBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

it('memory stays flat: a run holds nothing of the sub-batches and jobs that it has behind it', async () => {
  const definition = hitEvery({ batchSize: 60, subBatchSize: 6 })
  const bundle = await queued(24_000, definition)
  // One that nobody listens to: what a test hears is kept.
  const engine = bundle.another()
  const { migrationId } = bundle
  const held: number[] = []
  engine.on('job:succeeded', ({ jobId }) => {
    if (jobId === '200' || jobId === '390') held.push(heldBytes())
  })
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished', jobsRun: 400 })

  const [early = 0, late = 0] = held
  // 1 900 sub-batches lie between: a hundred bytes of each would be seen. Before that the compiler settles.
  expect(held).toHaveLength(2)
  expect(late - early).toBeLessThan(190_000)
})
