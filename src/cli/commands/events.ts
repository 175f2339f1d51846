import type { TrackedEvent } from '../../engine/types.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { findKept } from '../find-kept.ts'
import { follow, refuseFollowingAsJson } from '../follow.ts'
import { eventText } from '../text/event-text.ts'

export const events = defineCommand({
  name: 'events',
  operands: ONE_ID,
  flags: { follow: { help: 'go on showing new ones, until Ctrl-C' } },
  help: "Shows the journal of a migration: who did what, when, from which host. On GitLab's own tables: what was done from this machine.",
  onSignal: 'end',
  async run(input, session) {
    const [reference = ''] = input.operands
    const isFollowing = input.isSet('follow')
    if (isFollowing) refuseFollowingAsJson(session)
    const opened = await session.open({ verb: null })
    const { engine } = opened
    const { id } = await findKept(engine, reference)
    const read = async (after?: string): Promise<readonly TrackedEvent[]> => {
      if (!(await engine.isAttached())) return engine.events(id, after === undefined ? {} : { after })
      const { readActions } = await import('../attached-actions.ts')
      return readActions(opened, session, id, after)
    }
    if (!isFollowing) {
      const value = await read()
      return { value, text: value.map(eventText).join('\n') }
    }
    const shown: TrackedEvent[] = []
    await follow(session, async () => {
      const fresh = await read(shown.at(-1)?.id)
      for (const event of fresh) session.terminal.print(eventText(event))
      // Only the last one is needed to go on.
      shown.splice(0, shown.length, ...fresh.slice(-1), ...(fresh.length === 0 ? shown.slice(-1) : []))
      return true
    })
    return { value: [], text: null }
  },
})
