import { setTimeout as sleep } from 'node:timers/promises'
import type { RunnerProcess } from './spawn-runner.ts'
import { until } from './until.ts'

const MEASURED = 50

/**
 * Waits for a random moment within the time that a runner needs for so many sub-batches. The first runner is measured:
 * one fixed time is the whole run on a fast machine, and none of it on a slow one.
 */
export function randomMoments(subBatches: number): (runner: RunnerProcess) => Promise<void> {
  let eachMs: number | null = null
  return async (runner) => {
    eachMs ??= await measure(runner)
    await sleep(Math.random() * subBatches * eachMs)
  }
}

async function measure({ lines }: RunnerProcess): Promise<number> {
  const committed = (): number => lines.filter(({ event }) => event === 'sub_batch:committed').length
  const before = committed()
  const begin = performance.now()
  await until(async () => committed() >= before + MEASURED || lines.at(-1)?.event === 'outcome')
  return (performance.now() - begin) / Math.max(committed() - before, 1)
}
