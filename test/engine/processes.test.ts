/** Real processes, killed, frozen and interrupted at random points, over a statement that must never run twice on a row. */
import { killAtRandom } from '../support/kill-at-random.ts'
import { killWorkersAtRandom } from '../support/kill-workers-at-random.ts'
import { freezeAtRandom } from '../support/freeze-at-random.ts'
import { interrupt } from '../support/interrupt.ts'
import { it } from 'vitest'

it('kill -9 at any moment: every row exactly once, and the next runner takes over at once', async () => {
  await killAtRandom({ kills: 12, rows: 18_000 })
})

it('kill -9 in the middle of narrowing: every row is migrated once, or in the quarantine once', async () => {
  await killAtRandom({ kills: 6, rows: 9_000, badEvery: 40 })
})

it('two workers at once, killed at random one after the other: every row exactly once', async () => {
  await killWorkersAtRandom({ kills: 6, rows: 18_000 })
})

it('a frozen runner that was taken over and woken up writes nothing more', async () => {
  await freezeAtRandom({ freezes: 3, rows: 4_000 })
})

it('SIGINT finishes the sub-batch in hand, gives the claim and the attempt back, and ends', async () => {
  await interrupt()
})
