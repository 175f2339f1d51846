/** Where the practice databases are, also for a backend that has not started them itself. */
import { DEFAULT_DATABASE } from '../../engine/context.ts'
import type { TargetParameters } from '../../engine/target/parameters.ts'
import { findOtherPracticeTargets, findPracticeTarget } from '../practice/find-practice-target.ts'
import type { Practice } from '../practice/open-practice.ts'

export type PracticePlaces = Pick<Practice, 'parameters' | 'others'>

export interface PracticeFinder {
  /** By logical name; null: it does not run, or practice has none of that name. */
  readonly find: (database: string) => Promise<TargetParameters | null>
  readonly know: (places: PracticePlaces) => void
}

export function createPracticeFinder(projectFolder: string): PracticeFinder {
  let known: PracticePlaces | null = null
  return {
    async find(database) {
      if (database === DEFAULT_DATABASE) return known?.parameters ?? (await findPracticeTarget(projectFolder))
      const others = known?.others ?? (await findOtherPracticeTargets(projectFolder))
      return others.get(database) ?? null
    },
    know(places) {
      known = places
    },
  }
}
