/** `tranche stepped list` and `logs`. */
import { resultName } from '../../shared/stepped-results.ts'
import {
  STANDING_WORDS,
  standingOf,
  type SteppedApproval,
  type SteppedFileProblem,
  type SteppedListValue,
  type SteppedLogValue,
  type SteppedMigrationValue,
  type SteppedOperationValue,
  type SteppedValue,
} from '../../shared/stepped-view.ts'
import type { Outcome } from '../command.ts'
import type { Session } from '../session.ts'
import { block, columns } from '../text/columns.ts'
import { nameOf, type SteppedInput } from './change.ts'

export async function listVersions(_input: SteppedInput, session: Session): Promise<Outcome<SteppedValue>> {
  const { engine, catalogue } = await session.open({ verb: null, catalogue: 'welcome' })
  const value = await engine.stepped.list()
  return { value: { verb: 'list', ...value }, text: listText(value, { hasFiles: catalogue !== null }) }
}

export async function showLogs(input: SteppedInput, session: Session): Promise<Outcome<SteppedValue>> {
  const limit = input.whole('limit', 1)
  const [version] = input.operands
  const isOfAll = input.isSet('all')
  const { engine } = await session.open({ verb: null })
  const logs = await engine.stepped.logs({
    isOfAll,
    ...(version === undefined ? {} : { version }),
    ...(limit === undefined ? {} : { limit }),
  })
  return {
    value: { verb: 'logs', logs },
    text: logs.length === 0 ? 'Nothing has run yet.' : logs.map((line) => logText(line, isOfAll)).join('\n'),
  }
}

interface Known {
  /** Whether a catalogue was opened: without one nothing can be said about files. */
  readonly hasFiles: boolean
}

function listText(value: SteppedListValue, known: Known): string {
  const { connection, connections, worker, migrations, collections, haltedBy } = value
  const blocking = migrations.find(isBlocking)
  const others = connections.filter(({ isActive }) => !isActive).map(({ name }) => name)
  return [
    connection === null
      ? 'No connection is active: nothing runs (tranche stepped connect NAME).'
      : `Connection ${connection.name}: ${connection.adapter ?? 'the target itself'}, prefix ${connection.prefix}, vectors as ${connection.vectorStorage}${connection.isIndexingEnabled ? '' : ', indexing is off'}`,
    ...(others.length === 0 ? [] : [`Other connections: ${others.join(', ')}`]),
    ...(worker === null
      ? []
      : [
          `${worker.isLive ? 'At work' : 'Vanished'}: ${worker.operator} on ${worker.host} (pid ${String(worker.pid)})`,
        ]),
    ...(haltedBy === null
      ? []
      : [`✕ Halted behind ${haltedBy}: mend its cause, then: tranche stepped retry ${haltedBy}`]),
    ...(blocking === undefined
      ? []
      : [
          `✕ Nothing runs behind ${blocking.version}: its file cannot be used (below); correct it, or: tranche stepped skip ${blocking.version} --reason TEXT`,
        ]),
    ...block('Migrations', migrations.length === 0 ? ['none'] : migrationLines(migrations, known)),
    ...block('Collections', collectionLines(collections)),
  ].join('\n')
}

function isBlocking({ problem, status }: SteppedMigrationValue): boolean {
  return problem !== null && status !== 'completed' && status !== 'skipped'
}

function migrationLines(migrations: readonly SteppedMigrationValue[], { hasFiles }: Known): readonly string[] {
  const table = columns([
    ['VERSION', 'STATUS', 'TRIES LEFT', 'NAME', 'MILESTONE'],
    ...migrations.map((migration) => {
      const { version, retriesLeft, name, file, milestone } = migration
      return [
        ...[version, STANDING_WORDS[standingOf(migration)], String(retriesLeft)],
        ...[name ?? (file !== null ? '' : hasFiles ? '(file is gone)' : '(no catalogue named)'), milestone ?? ''],
      ]
    }),
  ])
  const [head = '', ...rows] = table
  return [head, ...migrations.flatMap((migration, index) => [rows[index] ?? '', ...detailLines(migration)])]
}

function detailLines(migration: SteppedMigrationValue): readonly string[] {
  const { operations, file, problem, errorMessage, skippedBecause, waitsFor, approved, hasDrifted } = migration
  return [
    ...(problem === null ? [] : problemLines(file, problem)),
    ...operations.flatMap(operationLines),
    ...(waitsFor === null ? [] : [`  · waits: ${waitsFor}`]),
    ...(errorMessage === null ? [] : [`  ✕ ${errorMessage.replaceAll('\n', '\n    ')}`]),
    ...(skippedBecause === null ? [] : [`  – ${skippedBecause}`]),
    ...approvalLines(migration),
    ...(approved === null ? [] : [`  ✓ ${approvalText(approved, migration)}`]),
    ...(hasDrifted ? ['  ! its definition was changed since it ran'] : []),
  ]
}

/** What it would drop is said once: by the gate's own reason where it was passed over for it. */
function approvalLines(migration: SteppedMigrationValue): readonly string[] {
  const { needsApproval, skippedBy, status, version } = migration
  if (needsApproval === null) return []
  const agree = `tranche stepped approve ${version}`
  return [
    ...(skippedBy === 'gate' ? [] : [`  ! ${nameOf(migration)} ${needsApproval}`]),
    status === null ? `    Once a run has made its record, agree with: ${agree}` : `    Agree with: ${agree}`,
  ]
}

function approvalText({ by, at }: SteppedApproval, { status }: SteppedMigrationValue): string {
  const runs = status === 'completed' || status === 'skipped' ? '' : '; runs at the next run'
  return `approved by ${by} at ${utcText(at)}${runs}`
}

function problemLines(file: string | null, { line, message, remedy }: SteppedFileProblem): readonly string[] {
  const place = `${file ?? ''}${line === null ? '' : `:${String(line)}`}`
  return [`  ✕ ${place}: ${message.replaceAll('\n', '\n    ')}`, `    ${remedy}`]
}

function operationLines({ key, description, completedAt, result }: SteppedOperationValue): readonly string[] {
  return [
    `  ${completedAt === null ? '·' : '✓'} ${key}: ${description}`,
    ...(result === null ? [] : resultLines(result)),
  ]
}

/** Single values side by side, each list by itself. */
function resultLines(result: Readonly<Record<string, unknown>>): readonly string[] {
  const entries = Object.entries(result)
  const single = entries.flatMap(([name, value]) =>
    Array.isArray(value) ? [] : [`${resultName(name)}: ${textOf(value)}`],
  )
  const lists = entries.flatMap(([name, value]) =>
    Array.isArray(value) && value.length > 0 ? [`    ${resultName(name)}: ${listedText(value)}`] : [],
  )
  return [...(single.length === 0 ? [] : [`    ${single.join(' · ')}`]), ...lists]
}

const LISTED = 5

function listedText(values: readonly unknown[]): string {
  const more = values.length - LISTED
  return `${values.slice(0, LISTED).map(textOf).join(', ')}${more > 0 ? ` and ${String(more)} more (--json has them)` : ''}`
}

function textOf(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function collectionLines(collections: SteppedListValue['collections']): readonly string[] {
  if (collections.length === 0) return []
  return columns([
    ['NAME', 'PARTITIONS', 'METADATA'],
    ...collections.map(({ name, numberOfPartitions, metadata }) => [
      name,
      String(numberOfPartitions),
      JSON.stringify(metadata),
    ]),
  ])
}

const SIGNS = { info: ' ', warn: '!', error: '✕' } as const

function logText(line: SteppedLogValue, isOfAll: boolean): string {
  const { at, level, connection, message, previousStatus, nextStatus } = line
  const isChange = previousStatus !== null && nextStatus !== null && previousStatus !== nextStatus
  const change = isChange ? ` [${previousStatus} → ${nextStatus}]` : ''
  const where = isOfAll ? ` ${connection ?? '–'}:` : ''
  return `${utcText(at)} ${SIGNS[level]}${where} ${message}${change}`
}

function utcText(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`
}
