import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const EXCERPT = /<!-- from (?<file>\S+) -->\n\n```(?:ts|sql)\n(?<text>[\s\S]*?)```/g

it('shows excerpts of the real files, line for line', () => {
  const page = readFileSync(new URL('docs/from-gitlab.md', ROOT), 'utf8')
  const excerpts = [...page.matchAll(EXCERPT)].map(({ groups }) => ({
    file: groups?.file ?? '',
    text: groups?.text ?? '',
  }))

  // Every block of TypeScript says where it is from.
  expect(excerpts.filter(({ file }) => file.endsWith('.ts'))).toHaveLength(page.match(/```ts\n/g)?.length ?? 0)
  expect(excerpts.length).toBeGreaterThan(10)
  for (const { file, text } of excerpts)
    expect(`\n${readFileSync(new URL(file, ROOT), 'utf8')}`, `${file} does not hold what the page shows`).toContain(
      `\n${text}`,
    )
})

it('leads to files that exist', () => {
  const page = readFileSync(new URL('docs/from-gitlab.md', ROOT), 'utf8')
  for (const [, path = ''] of page.matchAll(/\]\((?!https:)([^)#]+)\)/g))
    expect(readFileSync(new URL(path, new URL('docs/', ROOT)), 'utf8')).not.toBe('')
})
