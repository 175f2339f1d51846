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
  const definition = hitEvery({ batchSize: 30, subBatchSize: 3 })
  const bundle = await queued(60_000, definition)
  // One that nobody listens to: what a test hears is kept.
  const engine = bundle.another()
  const { migrationId } = bundle
  const early: number[] = []
  const late: number[] = []
  engine.on('job:succeeded', ({ jobId }) => {
    const job = Number(jobId)
    if (job > 1_190 && job <= 1_200) early.push(heldBytes())
    if (job > 1_980 && job <= 1_990) late.push(heldBytes())
  })
  expect(await engine.run(migrationId)).toMatchObject({ reason: 'finished', jobsRun: 2_000 })

  // 7 900 sub-batches lie between: a hundred bytes of each would be seen. The compiler needs the first thousand jobs to settle, and
  // at any moment what is in the air is held too: the least of ten is what stays.
  expect([early.length, late.length]).toEqual([10, 10])
  expect(Math.min(...late) - Math.min(...early)).toBeLessThan(790_000)
})
