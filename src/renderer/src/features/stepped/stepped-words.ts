/** Stepped migrations in words: the sentence of the screen, and what its parts say of one migration. */
import {
  standingOf,
  type SteppedListValue,
  type SteppedMigrationValue,
  type SteppedView,
  type SteppedWorkView,
} from '../../../../shared/stepped-view.ts'
import { countOf } from '../../../../shared/format-number.ts'
import type { GlyphName, Tone } from '../../parts/glyphs.ts'
import { clockTime } from '../../parts/time.ts'

export interface SteppedSentence {
  readonly glyph: GlyphName
  readonly tone: Tone
  readonly sentence: string
}

export function steppedSentence({ worker }: SteppedView, list: SteppedListValue, nowMs: number): SteppedSentence {
  const { migrations, haltedBy, connection } = list
  if (connection === null) return say('pending', 'pending', 'Nowhere to act yet: no connection is active.')
  if (haltedBy !== null) return say('failed', 'failed', `Halted: ${haltedBy} failed, and nothing behind it is run.`)
  const broken = haltingFile(list)
  if (broken !== null) {
    const said = `Halted: the file of ${broken.version} cannot be used, and nothing behind it is run.`
    return say('failed', 'failed', said)
  }
  if (worker.kind === 'on') {
    if (worker.isStopping) return say('running', 'running', 'Stopping after its step.')
    return restingSentence(worker, list, nowMs) ?? say('running', 'running', 'At work, one migration at a time.')
  }
  if (!connection.isIndexingEnabled)
    return say('paused', 'paused', `Indexing is switched off on ${connection.name}: a run does nothing.`)
  if (list.worker?.isLive === true) {
    const { operator, host } = list.worker
    return say('running', 'running', `${operator} on ${host} works on them; this console looks on.`)
  }
  const open = openOf(list)
  if (open[0] !== undefined) return leftSentence(open, open[0])
  const approvals = waitingForApproval(list)
  if (approvals > 0) {
    const those = countOf(approvals, 'migration that waits', 'migrations that wait')
    return say('lock', 'holding', `Done, but for ${those} for approval.`)
  }
  const isEmpty = migrations.length === 0
  return say('done', 'done', isEmpty ? 'The catalogue has no stepped migration.' : 'Nothing is left to do.')
}

function say(glyph: GlyphName, tone: Tone, sentence: string): SteppedSentence {
  return { glyph, tone, sentence }
}

/** The next one, where its file cannot be used: everything waits for that. */
export function haltingFile(list: SteppedListValue): SteppedMigrationValue | null {
  const [next] = openOf(list)
  return next !== undefined && standingOf(next) === 'file_unusable' ? next : null
}

/** What a run would take up, in its order. */
function openOf({ migrations }: SteppedListValue): readonly SteppedMigrationValue[] {
  return migrations.filter((migration) => {
    const standing = standingOf(migration)
    return standing !== 'completed' && standing !== 'skipped' && standing !== 'waits_for_approval'
  })
}

function waitingForApproval({ migrations }: SteppedListValue): number {
  return migrations.filter((migration) => standingOf(migration) === 'waits_for_approval').length
}

/** Nobody works: what Run would do. */
function leftSentence(
  open: readonly SteppedMigrationValue[],
  { version, waitsFor }: SteppedMigrationValue,
): SteppedSentence {
  if (waitsFor !== null)
    return say('holding', 'holding', `${version} waits: ${firstLine(waitsFor)}. Run takes it up again.`)
  const broken = open.findIndex((migration) => standingOf(migration) === 'file_unusable')
  const toDo = countOf(broken < 0 ? open.length : broken, 'stepped migration')
  const end = broken < 0 ? '' : ` up to ${open[broken]?.version ?? ''}, whose file cannot be used`
  return say('pending', 'pending', `${toDo} to do${end}. Run begins with ${version}.`)
}

/** Between two runs: what the last one met, and when the next one begins by itself. null: it is at work. */
function restingSentence(
  { lastRun, nextTurnAtMs }: Extract<SteppedWorkView, { kind: 'on' }>,
  list: SteppedListValue,
  nowMs: number,
): SteppedSentence | null {
  if (lastRun === null || nextTurnAtMs === null || nextTurnAtMs <= nowMs) return null
  const at = clockTime(nextTurnAtMs)
  const { connection, migrations } = list
  if (connection?.isIndexingEnabled === false)
    return say('paused', 'paused', `Indexing is switched off on ${connection.name}: the run at ${at} does nothing.`)
  const open = openOf(list)
  // Somebody may have skipped or reset it since.
  const met = migrations.find(({ version, status }) => version === lastRun.version && status === 'in_progress')
  if (lastRun.reason === 'tried' && met !== undefined) {
    const left = countOf(met.retriesLeft, 'try is', 'tries are')
    return say('retrying', 'retrying', `${met.version} failed; will be tried again at ${at}, ${left} left.`)
  }
  if (open[0] !== undefined && open[0].waitsFor !== null)
    return say('holding', 'holding', `${open[0].version} waits: ${firstLine(open[0].waitsFor)}. Next run at ${at}.`)
  if (open[0] !== undefined)
    return say('pending', 'pending', `${countOf(open.length, 'stepped migration')} to do; next run at ${at}.`)
  const approvals = waitingForApproval(list)
  const rest = approvals === 0 ? '' : ` ${countOf(approvals, 'migration waits', 'migrations wait')} for approval.`
  return say('pending', 'pending', `Nothing to do now; next run at ${at}.${rest}`)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/\.$/, '') ?? ''
}

/** `3 of 4`: completed operations of those that are known. */
export function stepsDone({ operations }: SteppedMigrationValue): string {
  const done = operations.filter(({ completedAt }) => completedAt !== null).length
  return `${String(done)} of ${String(operations.length)}`
}

/** Why it was passed over, and by whom; null where its approval says it already. */
export function skippedText({
  status,
  skippedBy,
  skippedBecause,
  needsApproval,
}: SteppedMigrationValue): string | null {
  if (status !== 'skipped' || skippedBecause === null) return null
  if (skippedBy === 'operator') return `Skipped by ${skippedBecause}`
  return needsApproval === null ? `Skipped: ${skippedBecause}` : null
}

interface WhereItActs {
  readonly vectorStorage: 'vector' | 'real'
  /** Where it acts cannot be changed meanwhile. */
  readonly isAtWork: boolean
}

/** Where the vector type is not there: what this screen has for it. null: something else is wrong, or it was chosen by now. */
export function vectorHint(
  { status, errorMessage }: SteppedMigrationValue,
  { vectorStorage, isAtWork }: WhereItActs,
): string | null {
  const isMissing = status !== 'completed' && errorMessage?.includes('vector is ') === true
  if (!isMissing || vectorStorage === 'real') return null
  const then = status === 'failed' ? ', then retry.' : '; the next try takes it up.'
  return `${isAtWork ? 'Stop the worker to choose' : 'Choose'} real[] under Connection…${then}`
}

export interface TextPart {
  readonly text: string
  /** Where the text names a batched migration. */
  readonly migrationId: string | null
}

/** `its batched migration 5 is paused` in parts, so that what it names can be a link. */
export function partsNaming(text: string): readonly TextPart[] {
  return text
    .split(/(batched migration \d+)/)
    .filter((part) => part !== '')
    .map((part) => ({ text: part, migrationId: /^batched migration (\d+)$/.exec(part)?.[1] ?? null }))
}

const SHORT = 40

/** A long error is read where its migration stands, and in the log; what is said of the last run does not say it all over again. */
export function withoutShown(message: string, shown: readonly (string | null)[]): string {
  const found = shown.find((text) => text !== null && text.length > SHORT && message.includes(text))
  return found === undefined || found === null ? message : message.replace(found, () => 'the error as shown')
}

export function errorsShown({ status, errorMessage, problem }: SteppedMigrationValue): readonly (string | null)[] {
  return [errorMessage, status === 'completed' || status === 'skipped' ? null : (problem?.message ?? null)]
}
