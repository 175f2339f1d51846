import { TrancheError } from '../../shared/errors.ts'
import { reportMarkdown } from '../../shared/report-markdown.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { findKept } from '../find-kept.ts'
import { notBuilt } from '../not-built.ts'

export const report = defineCommand({
  name: 'report',
  operands: ONE_ID,
  flags: { format: { value: 'md|json', help: 'Markdown for a merge request (md), or everything as JSON' } },
  help: 'Writes what ran, counts, timings, failures, checks, samples and the journal to stdout. Needs the catalogue for the description only.',
  onSignal: 'leave',
  async run(input, session) {
    const [reference = ''] = input.operands
    const format = parseFormat(input.text('format') ?? 'md')
    const { engine } = await session.open({ verb: null, catalogue: 'welcome' })
    const { id } = await findKept(engine, reference)
    const data = await engine.report(id)
    if (format === 'json') return { value: { format, report: data }, text: JSON.stringify(data, null, 2) }
    const text = reportMarkdown(data)
    return { value: { format, text }, text: text.trimEnd() }
  },
})

function parseFormat(text: string): 'md' | 'json' {
  if (text === 'md' || text === 'json') return text
  if (text === 'html') throw notBuilt('tranche report --format html')
  throw new TrancheError('usage', `--format is ${JSON.stringify(text)}; expected md or json`, {
    remedy: 'Leave it out for Markdown.',
  })
}
