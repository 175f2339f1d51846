import { defineCommand, ONE_ID } from '../command.ts'
import { findKept, noteArchived } from '../find-kept.ts'
import { parseJobId } from '../parse-job-id.ts'
import { failuresText } from '../text/failures-text.ts'

export const failures = defineCommand({
  name: 'failures',
  operands: ONE_ID,
  flags: {
    job: { value: 'ID', help: 'only this job' },
    group: { value: 'GROUP', help: 'only jobs whose latest failure is of this group' },
  },
  help: 'Shows what failed, grouped by what went wrong, then each job with its whole transition log.',
  onSignal: 'leave',
  async run(input, session) {
    const [reference = ''] = input.operands
    const group = input.text('group')
    const filter = { ...parseJobId(input.text('job')), ...(group === undefined ? {} : { group }) }
    const { engine } = await session.open({ verb: null })
    const { id, archived } = await findKept(engine, reference)
    noteArchived(archived, session)
    const value = await engine.failures(id, filter)
    return { value, text: failuresText(value, filter) }
  },
})
