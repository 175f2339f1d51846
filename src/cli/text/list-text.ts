/** The catalogue beside what is queued, as `tranche list` shows it. */
import type {
  CatalogueValue,
  ListValue,
  MigrationStateValue,
  SteppedFileValue,
  TrackedPlace,
} from '../../shared/cli-output.ts'
import { percentOf } from '../../shared/describe-migration.ts'
import { shownId } from '../subject.ts'
import { block, columns } from './columns.ts'
import { statesText } from './state-text.ts'

export function listText({ catalogue, target, databases, migrations }: ListValue): string {
  const known = new Set(catalogue?.definitions.map(({ jobClassName }) => jobClassName))
  const others = migrations.filter(({ jobClassName }) => !known.has(jobClassName))
  return [
    catalogue === null
      ? 'No catalogue is named (--catalogue DIR); showing what is queued.'
      : `Catalogue ${catalogue.folder}`,
    ...(databases.length > 1 ? databases.map(databaseLine) : [targetLine(target)]),
    ...(catalogue === null
      ? []
      : block('Definitions', definitionLines(catalogue, { migrations, isKnown: target !== null }))),
    ...block('Stepped migrations, see: tranche stepped list', steppedLines(catalogue?.stepped ?? [])),
    ...block('npm packages that they import', packagesOf(catalogue)),
    ...block(
      'Broken files',
      (catalogue?.broken ?? []).map(
        ({ file, line, message, remedy }) =>
          `✕ ${file}${line === null ? '' : `:${String(line)}`}: ${message}\n  ${remedy}`,
      ),
    ),
    ...(others.length === 0
      ? []
      : block(catalogue === null ? 'Queued' : 'Queued, not in this catalogue', statesText(others).split('\n'))),
  ].join('\n')
}

function targetLine(target: ListValue['target']): string {
  if (target === null) return 'No target is named (--target URL): what is queued is not shown.'
  const what = trackingWords(target)
  return `Target ${target.description}${what === null ? '' : `: ${what}`}`
}

function databaseLine({ database, ...place }: ListValue['databases'][number]): string {
  const what = trackingWords(place)
  return `Database ${database}: ${place.description}${what === null ? '' : `, ${what}`}`
}

/** null: it is installed, which needs no word. */
function trackingWords({ isInstalled, isAttached }: TrackedPlace): string | null {
  if (isAttached) return "attached to GitLab's own tracking tables (read, pause, resume and retry only)"
  return isInstalled ? null : 'not installed yet (tranche install)'
}

interface Tracking {
  readonly migrations: readonly MigrationStateValue[]
  readonly isKnown: boolean
}

function definitionLines({ definitions, stepped }: CatalogueValue, tracking: Tracking): readonly string[] {
  if (definitions.length === 0) return stepped.length === 0 ? ['none'] : []
  const isOne = definitions.every(({ database }) => database === 'main')
  const rows = definitions.map(({ jobClassName, table, columns: names, file, database }) => [
    jobClassName,
    `${isOne ? '' : `${database}: `}${table} (${names.join(', ')})`,
    stateOf(jobClassName, tracking),
    file,
  ])
  return columns([['JOB CLASS', 'TABLE', 'STATE', 'FILE'], ...rows])
}

function steppedLines(files: readonly SteppedFileValue[]): readonly string[] {
  if (files.length === 0) return []
  return columns([['VERSION', 'NAME', 'FILE'], ...files.map(({ version, name, file }) => [version, name, file])])
}

/** Nothing is claimed about what these do. */
function packagesOf(catalogue: CatalogueValue | null): readonly string[] {
  if (catalogue === null) return []
  const importers = [
    ...catalogue.definitions.map(({ jobClassName, packages }) => ({ name: jobClassName, packages })),
    ...catalogue.stepped,
  ]
  return importers.flatMap(({ name, packages }) => (packages.length === 0 ? [] : [`${name}: ${packages.join(', ')}`]))
}

function stateOf(jobClassName: string, { migrations, isKnown }: Tracking): string {
  if (!isKnown) return '?'
  const own = migrations.filter((migration) => migration.jobClassName === jobClassName)
  if (own.length === 0) return 'never queued'
  return own
    .map((migration) => {
      const { status } = migration
      const isUnderway = status === 'active' || status === 'paused' || status === 'finalizing'
      return `${status}${isUnderway ? ` ${percentOf(migration)}` : ''} (${shownId(migration)})`
    })
    .join(', ')
}
