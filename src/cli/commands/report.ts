import { TrancheError } from '../../shared/errors.ts'
import { reportHtml } from '../../shared/report-html.ts'
import { reportMarkdown } from '../../shared/report-markdown.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { findKept } from '../find-kept.ts'

export const report = defineCommand({
  name: 'report',
  operands: ONE_ID,
  flags: {
    format: { value: 'md|json|html', help: 'Markdown for a merge request (md), everything as JSON, or one HTML file' },
  },
  help: 'Writes what ran, counts, timings, failures, checks, samples and the journal to stdout. Needs the catalogue for the description only.',
  onSignal: 'leave',
  async run(input, session) {
    const [reference = ''] = input.operands
    const format = parseFormat(input.text('format') ?? 'md')
    const { engine } = await session.open({ verb: null, catalogue: 'welcome' })
    const { id } = await findKept(engine, reference)
    const data = await engine.report(id)
    if (format === 'json') return { value: { format, report: data }, text: JSON.stringify(data, null, 2) }
    const text = format === 'html' ? reportHtml(data) : reportMarkdown(data)
    return { value: { format, text }, text: text.trimEnd() }
  },
})

function parseFormat(text: string): 'md' | 'json' | 'html' {
  if (text === 'md' || text === 'json' || text === 'html') return text
  throw new TrancheError('usage', `--format is ${JSON.stringify(text)}; expected md, json or html`, {
    remedy: 'Leave it out for Markdown.',
  })
}
