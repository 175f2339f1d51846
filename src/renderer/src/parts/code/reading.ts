/**
 * Code that is read, not written: CodeMirror with neither cursor nor colours, since colour is state. It stands in a shadow
 * root, where its rules are adopted sheets: in the document they would be a `<style>`, which the content security policy
 * refuses. Loaded when there is something to read.
 */
import { json } from '@codemirror/lang-json'
import { PostgreSQL, sql, SQLDialect } from '@codemirror/lang-sql'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { postgresql } from 'sql-formatter'

export type Language = 'sql' | 'json' | 'text'

const { reservedSelect, reservedClauses, reservedSetOperations, reservedJoins, reservedKeywords } =
  postgresql.tokenizerOptions

/** Words that give a statement its shape. CodeMirror's own list has every word of the manual, `id` and `name` among them. */
const KEYWORDS = [reservedSelect, reservedClauses, reservedSetOperations, reservedJoins, reservedKeywords]
  .flat()
  .flatMap((phrase) => phrase.match(/[A-Z_]+/g) ?? [])
  .concat('EXISTS', 'IS', 'NOT', 'NULL', 'DO', 'NOTHING')
  .join(' ')
  .toLowerCase()

const DIALECT = SQLDialect.define({ ...PostgreSQL.spec, keywords: KEYWORDS })

const LANGUAGES: Readonly<Record<Language, () => Extension>> = {
  sql: () => sql({ dialect: DIALECT }),
  json: () => json(),
  text: () => [],
}

const INK = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], color: 'var(--text1)', fontWeight: '500' },
  { tag: [tags.string, tags.number, tags.propertyName], color: 'var(--text1)' },
  { tag: tags.special(tags.string), color: 'inherit' },
  { tag: tags.comment, color: 'var(--text3)', fontStyle: 'italic' },
])

const LOOK = EditorView.theme({
  '&': { color: 'var(--text2)', background: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { font: 'var(--data)', fontFeatureSettings: "'zero'", overflow: 'auto' },
  '.cm-content': { padding: '0', caretColor: 'transparent' },
  '.cm-content:focus-visible': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-line': { padding: '0' },
  '.cm-gutters': { background: 'transparent', border: '0', color: 'var(--text3)' },
})

/** What every editor that is only read has in common. */
export function readingExtensions(language: Language, label: string): Extension {
  return [
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true', tabindex: '0' }),
    LANGUAGES[language](),
    syntaxHighlighting(INK),
    LOOK,
  ]
}

export function rootIn(host: HTMLElement): ShadowRoot {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  root.replaceChildren()
  return root
}

export interface Reading {
  readonly text: string
  readonly language: Language
  readonly label: string
}

/** Shows it in the host; the function that is returned takes it away. */
export function showReading(host: HTMLElement, { text, language, label }: Reading): () => void {
  const root = rootIn(host)
  const view = new EditorView({ doc: text, root, parent: root, extensions: readingExtensions(language, label) })
  return () => view.destroy()
}
