import type { Engine } from '../../engine/engine.ts'
import type { MigrationStateValue, StatusValue } from '../../shared/cli-output.ts'
import { TrancheError } from '../../shared/errors.ts'
import { headlineOf, isDriven } from '../../shared/describe-migration.ts'
import { defineCommand } from '../command.ts'
import { follow, refuseFollowingAsJson } from '../follow.ts'
import type { Session } from '../session.ts'
import { archivedText } from '../text/archived-text.ts'
import { stateText, statesText } from '../text/state-text.ts'

export const status = defineCommand({
  name: 'status',
  operands: { usage: '[ID]', min: 0, max: 1 },
  flags: { follow: { help: 'look again each second: one migration until it has ended, all of them until Ctrl-C' } },
  help: 'Shows where all migrations stand, or one in full: progress, rows, jobs, settings and who drives it.',
  onSignal: 'end',
  async run(input, session) {
    const [reference] = input.operands
    const isFollowing = input.isSet('follow')
    if (isFollowing) refuseFollowingAsJson(session)
    const { engine } = await session.open({ verb: null })
    if (isFollowing) {
      await followStatus(engine, session, reference)
      return { value: { migrations: [], archived: [] }, text: null }
    }
    const value = await readWithArchive(engine, reference)
    const { migrations, archived } = value
    const parts = [...(migrations.length > 0 || archived.length === 0 ? [textOf(migrations, reference)] : [])]
    return { value, text: [...parts, ...archivedText(archived)].join('\n') }
  },
})

/** An id that is in the archive is no unknown one. */
async function readWithArchive(engine: Engine, reference: string | undefined): Promise<StatusValue> {
  const archived = (await engine.archived(reference)).filter(({ id }) => reference === undefined || id === reference)
  try {
    return { migrations: await read(engine, reference), archived }
  } catch (error) {
    if (archived.length === 0 || !(error instanceof TrancheError) || error.code !== 'unknown_migration') throw error
    return { migrations: [], archived }
  }
}

async function read(engine: Engine, reference: string | undefined): Promise<readonly MigrationStateValue[]> {
  return reference === undefined ? engine.list() : [await engine.get(reference)]
}

function textOf(migrations: readonly MigrationStateValue[], reference: string | undefined): string {
  const [state] = migrations
  return reference === undefined || state === undefined ? statesText(migrations) : stateText(state, new Date())
}

/** On a terminal the whole text is drawn over; in a pipe each change of a headline is a line. */
async function followStatus(engine: Engine, session: Session, reference: string | undefined): Promise<void> {
  const { terminal } = session
  let drawnLines = 0
  let last = ''
  await follow(session, async () => {
    const migrations = await read(engine, reference)
    if (terminal.isOutputTerminal) {
      const lines = textOf(migrations, reference)
        .split('\n')
        .map((line) => line.slice(0, terminal.columns - 1))
      if (drawnLines > 0) terminal.write(`\u001b[${String(drawnLines)}A\u001b[0J`)
      terminal.print(lines.join('\n'))
      drawnLines = lines.length
    } else {
      const text = migrations.map((state) => `${state.id} ${state.jobClassName}: ${headlineOf(state)}`).join('\n')
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
