/** The report as Markdown: what an operator pastes into a merge request. Pure; whatever came from the database is escaped. */
import type { ReportValue } from './cli-output.ts'
import { escapeMarkdown, fencedBlock, inlineCode } from './escape-markdown.ts'
import type { Block, Cell, Span } from './report-blocks.ts'
import { reportContent } from './report-content.ts'

export function reportMarkdown(report: ReportValue): string {
  const { title, headline, description, sections, colophon } = reportContent(report)
  const parts = [
    `# ${cellText(title)}`,
    spanText(headline),
    ...(description === null ? [] : [escapeMarkdown(description)]),
    ...sections.map((section) => [`## ${section.title}`, ...section.blocks.map(blockText)].join('\n\n')),
    cellText(colophon),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return cellText(block.spans)
    case 'list':
      return block.items.map((item) => `- ${cellText(item)}`).join('\n')
    case 'lines':
      return fencedBlock(block.text)
    case 'table':
      return tableText(block)
  }
}

function tableText({ heads, rows, rightAligned }: Extract<Block, { kind: 'table' }>): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, index) => (rightAligned.includes(index) ? '--:' : '---'))
  return [line(heads.map(cellText)), line(rule), ...rows.map((row) => line(row.map(cellText)))].join('\n')
}

function cellText(cell: Cell): string {
  return cell.map(spanText).join('')
}

function spanText({ kind, text }: Span): string {
  switch (kind) {
    case 'words':
      return text
    case 'text':
      return escapeMarkdown(text)
    case 'code':
      return inlineCode(text)
    case 'strong':
      return `**${escapeMarkdown(text)}**`
    case 'emphasis':
      return `*${escapeMarkdown(text)}*`
  }
}
