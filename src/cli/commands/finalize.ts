import { formatDuration } from '../../shared/format-duration.ts'
import type { FinalizeValue } from '../../shared/cli-output.ts'
import { TrancheError } from '../../shared/errors.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { tellRun } from '../narrate-run.ts'
import { HEALTH_IGNORED } from './run.ts'
import { HEALTH_FLAG, parseHealth } from '../parse-health.ts'
import { shownId } from '../subject.ts'
import { block } from '../text/columns.ts'
import { verificationText } from '../text/verification-text.ts'

export const finalize = defineCommand({
  name: 'finalize',
  operands: ONE_ID,
  flags: {
    waive: { value: 'CHECK', help: 'let this check fail; each one with a --reason of its own', isRepeatable: true },
    reason: { value: 'TEXT', help: 'why the check before it is waived', isRepeatable: true },
    health: HEALTH_FLAG,
    force: { help: 'ignore health while the remainder is run; checks and gates stay' },
    'no-run': { help: 'only confirm: refuse while anything is left to do' },
  },
  help: 'Completes the remainder, runs every check, then the closing statements of the definition, and seals the migration. A check that fails leaves it finished and exits 3.',
  onSignal: 'release',
  async run(input, session) {
    const [reference = ''] = input.operands
    const waive = parseWaivers(input.list('waive'), input.list('reason'))
    const health = parseHealth(input.list('health'))
    const { engine, confirm } = await session.open({ verb: 'finalize', catalogue: 'needed', health })
    const { id, jobClassName, rows, status } = await engine.get(reference)
    if (status !== 'finalized') await confirm(jobClassName)
    if (input.isSet('force')) session.terminal.note(HEALTH_IGNORED)
    const endNarration = tellRun(engine, session, rows.scanned)
    try {
      const value = await engine.finalize(id, {
        waive,
        noRun: input.isSet('no-run'),
        force: input.isSet('force'),
        signal: session.signal,
      })
      return { value, text: finalizeText(value) }
    } finally {
      endNarration()
    }
  },
})

/** The first reason belongs to the first check, and so on. Throws usage where they do not pair. */
export function parseWaivers(checks: readonly string[], reasons: readonly string[]): Readonly<Record<string, string>> {
  if (checks.length !== reasons.length) {
    throw new TrancheError(
      'usage',
      `${String(checks.length)} --waive and ${String(reasons.length)} --reason are given; each waived check needs its own reason`,
      {
        remedy: `Write them in pairs: --waive 'CHECK' --reason 'TEXT'.`,
      },
    )
  }
  const empty = checks.find((_, index) => (reasons[index] ?? '').trim() === '')
  if (empty !== undefined) {
    throw new TrancheError('usage', `the reason for waiving "${empty}" is empty`, {
      remedy: 'Say why the check may fail: it is kept in the journal.',
    })
  }
  if (new Set(checks).size !== checks.length)
    throw new TrancheError('usage', 'a check is waived twice', { remedy: 'Waive each check once.' })
  return Object.fromEntries(checks.map((check, index) => [check, reasons[index] ?? '']))
}

function finalizeText({ alreadyFinalized, migration, verification, afterStatements }: FinalizeValue): string {
  const name = `${migration.jobClassName} (${shownId(migration)})`
  if (alreadyFinalized) return `✓ ${name} is finalized already: nothing to do.`
  return [
    `✓ ${name} is finalized.`,
    ...(verification === null ? [] : ['', verificationText(verification)]),
    ...block(
      'Closing statements',
      afterStatements.map(({ statement, milliseconds }) => `✓ ${statement} (${formatDuration(milliseconds / 1000)})`),
    ),
  ].join('\n')
}
