import type { Engine } from '../../engine/engine.ts'
import type { MigrationState } from '../../engine/types.ts'
import { TrancheError } from '../../shared/errors.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { shownId } from '../subject.ts'

export const deleteCommand = defineCommand({
  name: 'delete',
  operands: ONE_ID,
  flags: {},
  help: 'Removes a migration with its jobs and logs from the queue. They stay readable in the archive, and the migrated data stays as it is. Refused while somebody drives it. A job class that is not queued: nothing to do.',
  onSignal: 'leave',
  async run({ operands: [reference = ''] }, session) {
    const { engine, confirm } = await session.open({ verb: 'delete' })
    const found = await find(engine, reference)
    if (found === null) {
      const [archived = null] = (await engine.archived(reference)).slice(-1)
      const said = archived === null ? `${reference} is not queued` : `${reference} was ${archived.reason} already`
      return { value: { deleted: false, archived }, text: `✓ ${said}: nothing to do.` }
    }
    await confirm(found.jobClassName)
    const archived = await engine.delete(found.id)
    return {
      value: { deleted: true, archived },
      text: `✓ ${found.jobClassName} (${shownId(found)}) is deleted; its rows are in the archive.`,
    }
  },
})

/** null: there is none, which for an id that never was is a slip of the pen. */
async function find(engine: Engine, reference: string): Promise<MigrationState | null> {
  try {
    return await engine.get(reference)
  } catch (error) {
    if (!(error instanceof TrancheError) || error.code !== 'unknown_migration') throw error
    if (/^\d+$/.test(reference) && (await engine.archived(reference)).length === 0) throw error
    return null
  }
}
