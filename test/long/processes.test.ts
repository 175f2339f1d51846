/** The full length of what test/engine/processes.test.ts shows in short. */
import { it } from 'vitest'
import { freezeAtRandom } from '../support/freeze-at-random.ts'
import { killAtRandom } from '../support/kill-at-random.ts'
import { killWorkersAtRandom } from '../support/kill-workers-at-random.ts'

it('survives a hundred and twenty kills', async () => {
  await killAtRandom({ kills: 120, rows: 180_000 })
})

it('survives a hundred kills of two workers at once', async () => {
  await killWorkersAtRandom({ kills: 100, rows: 300_000 })
})

it('survives thirty freezes', async () => {
  await freezeAtRandom({ freezes: 30, rows: 4_000 })
})
