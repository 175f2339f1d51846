import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves once `condition` holds; polls the real thing instead of waiting for time to pass. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10)
}
