/** Before and after of one value, in one column: what went is struck out, what came stands in full ink. */
import { unifiedMergeView } from '@codemirror/merge'
import { EditorView } from '@codemirror/view'
import { type Language, readingExtensions, rootIn } from './reading.ts'

const LOOK = EditorView.theme({
  '& .cm-changedLine': { background: 'var(--bg2)', color: 'var(--text1)' },
  '& .cm-changedText': { background: 'none', borderBottom: '1px solid var(--text1)' },
  '& .cm-insertedLine, & ins.cm-insertedLine': { textDecoration: 'none' },
  '& .cm-deletedChunk': { background: 'none', padding: '0', color: 'var(--text3)' },
  '& .cm-deletedChunk .cm-deletedText': { background: 'none' },
  '& .cm-deletedLine, & .cm-deletedLine del': { textDecoration: 'line-through' },
  '& .cm-collapsedLines': { background: 'var(--bg1)', color: 'var(--text3)', padding: '2px 8px' },
})

export interface Difference {
  readonly before: string
  readonly after: string
  readonly language: Language
  readonly label: string
}

/** Shows it in the host; the function that is returned takes it away. */
export function showDifference(host: HTMLElement, { before, after, language, label }: Difference): () => void {
  const root = rootIn(host)
  const extensions = [
    readingExtensions(language, label),
    unifiedMergeView({
      original: before,
      mergeControls: false,
      gutter: false,
      syntaxHighlightDeletions: false,
      collapseUnchanged: { margin: 2, minSize: 4 },
    }),
    LOOK,
  ]
  const view = new EditorView({ doc: after, root, parent: root, extensions })
  return () => view.destroy()
}
