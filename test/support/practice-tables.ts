/** An engine over tables of the practice catalogue, with its definitions loaded as in a run, and a pool of threads. */
import { readFile } from 'node:fs/promises'
import { onTestFinished } from 'vitest'
import type { RowTransformer } from '../../src/engine/ports.ts'
import { openCatalogue } from '../../src/catalogue/loader.ts'
import { PRACTICE_CATALOGUE } from '../../src/host/practice/open-practice.ts'
import { createRowPool } from '../../src/host/row-pool/row-pool.ts'
import { type Bundle, setup } from './engine-setup.ts'

/** The tables of these folders of its `_data`, empty; with `rows`, filled by their generators. */
export async function practiceTables(
  folders: string | readonly string[],
  rows?: number,
  /** Between reading rows and writing what was made of them. */
  onTransformed: () => Promise<unknown> = async () => undefined,
): Promise<Bundle> {
  const catalogue = await openCatalogue(PRACTICE_CATALOGUE)
  const pool = createRowPool({ workers: 2 })
  onTestFinished(async () => {
    await pool.close()
    catalogue.close()
  })
  const rowTransformer: RowTransformer = {
    async transform(...given) {
      const outcomes = await pool.transform(...given)
      await onTransformed()
      return outcomes
    },
  }
  const bundle = await setup({ ports: { definitions: catalogue, rowTransformer } })
  for (const folder of [folders].flat()) {
    const script = (file: string): Promise<string> => readFile(`${PRACTICE_CATALOGUE}/_data/${folder}/${file}`, 'utf8')
    await bundle.query(await script('schema.sql'))
    if (rows === undefined) continue
    await bundle.query(
      `BEGIN; SELECT set_config('practice.rows', '${String(rows)}', true); ${await script('rows.sql')}; COMMIT`,
    )
  }
  return bundle
}
