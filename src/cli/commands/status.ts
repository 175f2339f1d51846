import type { MigrationStateValue, StatusValue } from '../../shared/cli-output.ts'
import { TrancheError } from '../../shared/errors.ts'
import { headlineOf, isDriven } from '../../shared/describe-migration.ts'
import type { HealthReading } from '../../shared/health.ts'
import { isPastRun } from '../../shared/status.ts'
import { defineCommand } from '../command.ts'
import { follow, refuseFollowingAsJson } from '../follow.ts'
import { listStates } from '../list-states.ts'
import { HEALTH_FLAG, parseHealth } from '../parse-health.ts'
import type { Opened, Session } from '../session.ts'
import { shownId } from '../subject.ts'
import { archivedText } from '../text/archived-text.ts'
import { stateText, statesText } from '../text/state-text.ts'

export const status = defineCommand({
  name: 'status',
  operands: { usage: '[ID]', min: 0, max: 1 },
  flags: {
    follow: { help: 'look again each second: one migration until it has ended, all of them until Ctrl-C' },
    health: HEALTH_FLAG,
  },
  help: 'Shows where all migrations stand, or one in full: progress, rows, jobs, settings and who drives it.',
  onSignal: 'end',
  async run(input, session) {
    const [reference] = input.operands
    const isFollowing = input.isSet('follow')
    if (isFollowing) refuseFollowingAsJson(session)
    const health = parseHealth(input.list('health'))
    const opened = await session.open({ verb: null, health })
    if (isFollowing) {
      await followStatus(opened, session, reference)
      return { value: { migrations: [], archived: [], health: null }, text: null }
    }
    const found = await readWithArchive(opened, reference)
    const value = { ...found, health: await readHealth(opened, reference, found.migrations) }
    const { migrations, archived } = value
    const parts = [
      ...(migrations.length > 0 || archived.length === 0 ? [textOf(migrations, reference, value.health)] : []),
    ]
    return { value, text: [...parts, ...archivedText(archived)].join('\n') }
  },
})

/** Asked of one migration only, and only while a run could want to know. */
async function readHealth(
  { engine }: Opened,
  reference: string | undefined,
  [state]: readonly MigrationStateValue[],
): Promise<readonly HealthReading[] | null> {
  if (reference === undefined || state === undefined) return null
  return isPastRun(state.status) ? null : engine.health(state.id)
}

/** An id that is in the archive is no unknown one. */
async function readWithArchive(opened: Opened, reference: string | undefined): Promise<Omit<StatusValue, 'health'>> {
  const archived = (await opened.engine.archived(reference)).filter(
    ({ id }) => reference === undefined || id === reference,
  )
  try {
    return { migrations: await read(opened, reference), archived }
  } catch (error) {
    if (archived.length === 0 || !(error instanceof TrancheError) || error.code !== 'unknown_migration') throw error
    return { migrations: [], archived }
  }
}

async function read({ engine, all }: Opened, reference: string | undefined): Promise<readonly MigrationStateValue[]> {
  return reference === undefined ? listStates(all) : [await engine.get(reference)]
}

function textOf(
  migrations: readonly MigrationStateValue[],
  reference: string | undefined,
  health: readonly HealthReading[] | null = null,
): string {
  const [state] = migrations
  return reference === undefined || state === undefined ? statesText(migrations) : stateText(state, new Date(), health)
}

/** On a terminal the whole text is drawn over; in a pipe each change of a headline is a line. */
async function followStatus(opened: Opened, session: Session, reference: string | undefined): Promise<void> {
  const { terminal } = session
  let drawnLines = 0
  let last = ''
  await follow(session, async () => {
    const migrations = await read(opened, reference)
    if (terminal.isOutputTerminal) {
      const lines = textOf(migrations, reference)
        .split('\n')
        .map((line) => line.slice(0, terminal.columns - 1))
      if (drawnLines > 0) terminal.write(`\u001b[${String(drawnLines)}A\u001b[0J`)
      terminal.print(lines.join('\n'))
      drawnLines = lines.length
    } else {
      const text = migrations.map((state) => `${shownId(state)} ${state.jobClassName}: ${headlineOf(state)}`).join('\n')
      if (text !== last) terminal.print(text)
      last = text
    }
    return reference === undefined || migrations.some((state) => isUnderway(state))
  })
}

/** Whether anything more will happen by itself. */
function isUnderway(state: MigrationStateValue): boolean {
  return state.status === 'active' || state.status === 'finalizing' || isDriven(state)
}
