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
  help: 'Shows the rows that could not be migrated and were left as they are: key, error and job, in the order in which they came. Their number is bounded by the error budget.',
  onSignal: 'leave',
  async run(input, session) {
    const [reference = ''] = input.operands
    const limit = input.whole('limit', 1) ?? ROWS
    const after = String(input.whole('after') ?? 0)
    const { engine } = await session.open({ verb: null })
    const state = await engine.get(reference)
    const { id } = state
    // One more than asked for tells whether that was all.
    const found = await engine.listQuarantined(id, { after, limit: limit + 1 })
    const rows = found.slice(0, limit)
    const next = found.length > limit ? (rows.at(-1)?.id ?? null) : null
    return {
      value: { rows, next },
      text: quarantineText(rows, { id: shownId(state), next, all: state.rows.quarantined }),
    }
  },
})
