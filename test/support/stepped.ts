/** Stepped migrations over a database of the test's own. */
import {
  bigint,
  createCollection,
  defineSteppedMigration,
  runSql,
  sql,
  type SteppedMigrationDefinition,
  vector,
} from '../../src/catalogue/api.ts'
import type { EnginePorts } from '../../src/engine/engine.ts'
import { steppedSourceOf } from './engine-ports.ts'
import { type Bundle, setup } from './engine-setup.ts'

export const FIRST = '20250123143901'
export const SECOND = '20250123143902'
export const THIRD = '20250123143903'

/** The seed's own example. */
export const codeEmbeddings = defineSteppedMigration({
  version: FIRST,
  milestone: '17.10',
  operations: [
    createCollection('code_embeddings', {
      partitions: 3,
      fields: { project_id: bigint({ index: true }), embeddings: vector({ dimensions: 3 }) },
    }),
  ],
})

/** Counts its runs in a table `runs`. */
export function counting(version: string, ...names: readonly string[]): SteppedMigrationDefinition {
  return defineSteppedMigration({
    version,
    operations: names.map((name) => runSql(name, sql`INSERT INTO runs (name) VALUES (${name})`)),
  })
}

export interface SteppedBundle extends Bundle {
  /** The files; a test may change the list. */
  readonly files: SteppedMigrationDefinition[]
}

/** Connected with real[] for vectors, since the test's server carries no pgvector. */
export async function setupStepped(
  definitions: readonly SteppedMigrationDefinition[],
  { ports = {}, isConnected = true }: { readonly ports?: Partial<EnginePorts>; readonly isConnected?: boolean } = {},
): Promise<SteppedBundle> {
  const files = [...definitions]
  const bundle = await setup({
    schema: 'CREATE TABLE public.runs (id serial PRIMARY KEY, name text NOT NULL)',
    ports: { definitions: steppedSourceOf(files), ...ports },
  })
  if (isConnected) await bundle.engine.stepped.connect({ name: 'local', prefix: 'ai', vectorStorage: 'real' })
  return { ...bundle, files }
}

/** One run of the worker. */
export async function turn({ engine }: Pick<Bundle, 'engine'>): Promise<{ reason: string; version: string | null }> {
  const [run] = await engine.stepped.work({ once: true })
  return { reason: run?.reason ?? 'none', version: run?.version ?? null }
}

/** Version → status of the active connection. */
export async function statuses({ engine }: Pick<Bundle, 'engine'>): Promise<Record<string, string | null>> {
  const { migrations } = await engine.stepped.list()
  return Object.fromEntries(migrations.map(({ version, status }) => [version, status]))
}

export async function runsOf({ query }: Pick<Bundle, 'query'>): Promise<string[]> {
  return (await query<{ name: string }>('SELECT name FROM public.runs ORDER BY id')).map(({ name }) => name)
}
