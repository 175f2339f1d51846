import { defineCommand, ONE_ID } from '../command.ts'
import { shownId } from '../subject.ts'
import { quarantineText } from '../text/quarantine-text.ts'

const ROWS = 200

export const quarantine = defineCommand({
  name: 'quarantine',
  operands: ONE_ID,
  flags: {
    limit: { value: 'N', help: `so many rows at most (${String(ROWS)})` },
    after: { value: 'ENTRY', help: 'go on behind this entry: `next` of the answer before' },
  },
  help: 'Shows the rows that could not be migrated with key, error and job, in the order in which they came, and whether the definition’s onQuarantine may have changed them. Their number is bounded by the error budget.',
  onSignal: 'leave',
  async run(input, session) {
    const [reference = ''] = input.operands
    const limit = input.whole('limit', 1) ?? ROWS
    const after = String(input.whole('after') ?? 0)
    const { engine } = await session.open({ verb: null, catalogue: 'welcome' })
    const state = await engine.get(reference)
    const { id } = state
    // One more than asked for tells whether that was all.
    const found = await engine.listQuarantined(id, { after, limit: limit + 1 })
    const { hasOnQuarantine } = found
    const rows = found.rows.slice(0, limit)
    const next = found.rows.length > limit ? (rows.at(-1)?.id ?? null) : null
    return {
      value: { rows, hasOnQuarantine, next },
      text: quarantineText(rows, { id: shownId(state), next, all: state.rows.quarantined, hasOnQuarantine }),
    }
  },
})
