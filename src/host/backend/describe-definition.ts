/** Definitions as pages see them. */
import { z } from 'zod'
import type { Check, LoadedDefinition } from '../../catalogue/definition.ts'
import { type FirstStatement, statementView } from '../../engine/first-statement.ts'
import type { ArgumentView, CatalogueEntry, Dossier, DossierCheck, QueuedAs } from '../../shared/catalogue-view.ts'
import type { MigrationStateValue } from '../../shared/cli-output.ts'
import { percentDone } from '../../shared/percent-done.ts'
import type { Sql } from '../../shared/sql.ts'
import { isPastRun } from '../../shared/status.ts'

/** `states` null: the target was not read. */
export function describeEntry(
  { definition, file, hash }: LoadedDefinition,
  states: readonly MigrationStateValue[] | null,
): CatalogueEntry {
  return {
    jobClassName: definition.jobClassName,
    description: definition.description,
    file,
    hash,
    table: definition.table,
    columns: definition.columns,
    database: definition.database,
    form: formOf(definition.perform),
    checkCount: definition.verify.length,
    queuedAs:
      states
        ?.filter(({ jobClassName }) => jobClassName === definition.jobClassName)
        .map((state) => queuedAs(state, hash)) ?? null,
  }
}

function queuedAs(state: MigrationStateValue, hash: string): QueuedAs {
  const { id, status, jobArguments, progress, jobs, createdAt, finishedAt, definitionHash } = state
  return {
    migrationId: id,
    status,
    jobArguments,
    percent: isPastRun(status) ? 100 : percentDone(progress),
    blockedJobs: jobs.blocked,
    createdAt,
    finishedAt,
    hasDrifted: definitionHash !== null && definitionHash !== hash,
  }
}

/** A function that is not `async` may still return a promise; the dossier's statement tells. */
function formOf(perform: LoadedDefinition['definition']['perform']): CatalogueEntry['form'] {
  if (typeof perform !== 'function') return 'each_row'
  return perform.constructor.name === 'AsyncFunction' ? 'function' : 'statement'
}

/** What of a dossier the target or the arguments decide. */
export interface DossierParts {
  readonly entry: CatalogueEntry
  readonly first: FirstStatement
  readonly scope: Sql | null
}

export function describeDossier(loaded: LoadedDefinition, { entry, first, scope }: DossierParts): Dossier {
  const { definition, files, file, packages } = loaded
  const { batchSize, subBatchSize, maxBatchSize, intervalSeconds, pauseMs } = definition
  return {
    entry,
    featureCategory: definition.featureCategory,
    milestone: definition.milestone,
    introducedByUrl: definition.introducedByUrl,
    queuedMigrationVersion: definition.queuedMigrationVersion,
    packages,
    files: Object.keys(files),
    source: files[file] ?? '',
    knobs: { batchSize, subBatchSize, maxBatchSize, intervalSeconds, pauseMs },
    arguments: Object.entries(definition.arguments).map(([name, schema]) => describeArgument(name, schema)),
    ...first,
    scope: scope === null ? null : statementView(scope),
    before: definition.before.map(describeCheck),
    verify: definition.verify.map(describeCheck),
    exceptions: definition.exceptions.map(({ name, why, count }) => ({ name, why, count: statementView(count) })),
    finalizeAfter: definition.finalizeAfter.map(statementView),
  }
}

function describeArgument(name: string, schema: z.ZodType): ArgumentView {
  return { name, isRequired: !acceptsOmission(schema), schema: jsonSchemaOf(schema) }
}

function acceptsOmission(schema: z.ZodType): boolean {
  try {
    return schema.safeParse(undefined).success
  } catch {
    return false
  }
}

/** A catalogue may bring a zod of its own, and a schema may have no such form: then the argument is typed as JSON. */
function jsonSchemaOf(schema: z.ZodType): ArgumentView['schema'] {
  try {
    return z.toJSONSchema(schema, { io: 'input', target: 'draft-2020-12' })
  } catch {
    return null
  }
}

function describeCheck(check: Check): DossierCheck {
  return { name: check.name, kind: check.kind, statements: statementsOf(check).map(statementView) }
}

function statementsOf(check: Check): readonly Sql[] {
  return check.kind === 'equal' ? [check.left, check.right] : [check.query]
}
