import { TrancheError } from '../../shared/errors.ts'
import { countOf } from '../../shared/format-number.ts'
import { RETRY_SIZES, type RetrySize } from '../../shared/retry-size.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { parseJobId } from '../parse-job-id.ts'
import { shownId } from '../subject.ts'
import { whoDrives } from '../text/who-drives.ts'

export const retry = defineCommand({
  name: 'retry',
  operands: ONE_ID,
  flags: {
    job: { value: 'ID', help: 'only this job' },
    group: { value: 'GROUP', help: 'only jobs that failed in this way (tranche failures shows groups)' },
    size: {
      value: 'SIZE',
      help: 'same: as they are (the default); half: split each job first; rows: one row at a time',
    },
  },
  help: 'Gives failed jobs their attempts back and makes the migration active. Each goes on behind its last committed sub-batch.',
  onSignal: 'leave',
  async run(input, session) {
    const [reference = ''] = input.operands
    const size = parseSize(input.text('size'))
    const group = input.text('group')
    const options = {
      ...(size === undefined ? {} : { size }),
      ...parseJobId(input.text('job')),
      ...(group === undefined ? {} : { group }),
    }
    const opened = await session.open({
      verb: 'retry',
      ...(size === 'half' ? { catalogue: 'needed' } : {}),
    })
    const { engine, confirm } = opened
    const state = await engine.get(reference)
    const { id, jobClassName, status, isAttached } = state
    await confirm(jobClassName)
    const value = await engine.retry(id, options)
    if (isAttached) {
      const { keepAction } = await import('../attached-actions.ts')
      const details = { ...options, from: status, to: value.migration.status, retried: value.retried }
      await keepAction(opened, session, { migrationId: id, kind: 'retry', details })
    }
    return {
      value,
      text: `✓ ${countOf(value.retried, 'job')} of ${jobClassName} (${shownId(value.migration)}) will be tried again. ${whoDrives(state)}`,
    }
  },
})

/** undefined: not given, which is same but on GitLab's own tables. */
function parseSize(size: string | undefined): RetrySize | undefined {
  const known = RETRY_SIZES.find((each) => each === size)
  if (size === undefined || known !== undefined) return known
  throw new TrancheError('usage', `--size is ${JSON.stringify(size)}; expected same, half or rows`, {
    remedy: 'Leave --size out.',
  })
}
