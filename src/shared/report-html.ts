/** The report as one HTML file that needs nothing else: no script, nothing fetched. Whatever came from the database is escaped. */
import type { ReportValue } from './cli-output.ts'
import { stripControls } from './escape-markdown.ts'
import type { Block, Cell, Span } from './report-blocks.ts'
import { reportContent } from './report-content.ts'

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent) }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.5rem; overflow-wrap: anywhere } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; margin: 0.75rem 0; font-variant-numeric: tabular-nums }
.wide { overflow-x: auto }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.9rem 0.3rem 0; border-bottom: 1px solid var(--line) }
.number { text-align: right }
code, pre { font: 0.9em/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
pre { padding: 0.75rem 1rem; border: 1px solid var(--line); white-space: pre-wrap }
footer { margin-top: 2.5rem; opacity: 0.75 }
@media print { body { margin: 0; max-width: none } h2 { break-after: avoid } tr { break-inside: avoid } }
`

/** Even where an escape were missed, no browser runs or fetches anything of it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

export function reportHtml(report: ReportValue): string {
  const { title, headline, description, sections, colophon } = reportContent(report)
  const heading = escapeHtml(title.map(({ text }) => text).join(''))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${heading}</h1>
<p>${spanHtml(headline)}</p>
${description === null ? '' : `<p>${escapeHtml(description)}</p>\n`}${sections
    .map((section) => `<h2>${escapeHtml(section.title)}</h2>\n${section.blocks.map(blockHtml).join('\n')}`)
    .join('\n')}
<footer><p>${cellHtml(colophon)}</p></footer>
</body>
</html>
`
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${cellHtml(block.spans)}</p>`
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${cellHtml(item)}</li>`).join('')}</ul>`
    case 'lines':
      return `<pre>${escapeHtml(block.text)}</pre>`
    case 'table':
      return tableHtml(block)
  }
}

function tableHtml({ heads, rows, rightAligned }: Extract<Block, { kind: 'table' }>): string {
  const cell = (tag: 'th' | 'td', of: Cell, index: number): string =>
    `<${tag}${rightAligned.includes(index) ? ' class="number"' : ''}>${cellHtml(of)}</${tag}>`
  const line = (tag: 'th' | 'td', cells: readonly Cell[]): string =>
    `<tr>${cells.map((each, index) => cell(tag, each, index)).join('')}</tr>`
  const isNamed = heads.some((head) => head.some(({ text }) => text !== ''))
  const head = isNamed ? `<thead>${line('th', heads)}</thead>` : ''
  return `<div class="wide"><table>${head}<tbody>\n${rows.map((row) => line('td', row)).join('\n')}\n</tbody></table></div>`
}

function cellHtml(cell: Cell): string {
  return cell.map(spanHtml).join('')
}

function spanHtml({ kind, text }: Span): string {
  const escaped = escapeHtml(text)
  switch (kind) {
    case 'words':
    case 'text':
      return escaped
    case 'code':
      return `<code>${escaped}</code>`
    case 'strong':
      return `<strong>${escaped}</strong>`
    case 'emphasis':
      return `<em>${escaped}</em>`
  }
}

function escapeHtml(text: string): string {
  return stripControls(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
