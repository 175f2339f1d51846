import type { ModuleGraph } from './module-graph.ts'
import type { ModuleHooks } from './module-hooks.ts'

/** What it takes to run the files of one opened catalogue. */
export interface Evaluation {
  /** Names this opening; part of every module's address. */
  readonly generation: string
  readonly graph: ModuleGraph
  readonly hooks: ModuleHooks
  /** How long the top-level await of one file may take. */
  readonly limitMs: number
}

export class EvaluationTimeout extends Error {
  constructor(limitMs: number) {
    super(`its top-level await was not done after ${String(limitMs / 1000)} s`)
  }
}
