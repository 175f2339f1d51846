/** Operations of one stepped migration, over tables of the test's own. */
import { defineSteppedMigration } from '../../src/catalogue/api.ts'
import type { Operation } from '../../src/catalogue/stepped/definition.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { FIRST, setupStepped, type SteppedBundle } from './stepped.ts'

export interface Operated extends SteppedBundle {
  /** One run of the worker: how it ended, and what it said. */
  run(engine?: Engine): Promise<{ readonly reason: string; readonly message: string }>
  /** All operations once more, as an operator asks for it. */
  again(engine?: Engine): Promise<{ readonly reason: string; readonly message: string }>
  /** What an operation found, by its key. */
  result(key: string): Promise<Readonly<Record<string, unknown>> | null | undefined>
}

/** `schema`: SQL that makes tables and rows in public, before the first run. */
export async function operated(schema: string, ...operations: readonly Operation[]): Promise<Operated> {
  const bundle = await setupStepped([defineSteppedMigration({ version: FIRST, operations })])
  await bundle.query(`SET search_path = public; ${schema}; RESET search_path`)
  const run: Operated['run'] = async (engine = bundle.engine) => {
    const [turn] = await engine.stepped.work({ once: true })
    return { reason: turn?.reason ?? 'none', message: turn?.message ?? '' }
  }
  return {
    ...bundle,
    run,
    again: async (engine) => {
      await bundle.engine.stepped.reset(FIRST)
      return run(engine)
    },
    result: async (wanted) => {
      const { migrations } = await bundle.engine.stepped.list()
      return migrations[0]?.operations.find(({ key }) => key === wanted)?.result
    },
  }
}

/** An engine whose role finds `schemas` in this order. */
export async function underPath({ another, query }: SteppedBundle, schemas: string): Promise<Engine> {
  const [row] = await query<{ name: string }>('SELECT current_database() AS name')
  await query(`ALTER DATABASE ${String(row?.name)} SET search_path = ${schemas}`)
  return another()
}
