import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openFiles } from './open-fixture.ts'

it('loads the examples of docs/definitions.md as they are printed', async () => {
  const page = readFileSync(new URL('../../docs/definitions.md', import.meta.url), 'utf8')
  const examples = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(
    // One that tests a definition stands in a file that no catalogue loads.
    ([, text = ''], index) => [text.includes("'tranche/testing'") ? `${index}.test.ts` : `${index}.ts`, text] as const,
  )

  const { definitions, broken } = await openFiles(Object.fromEntries(examples))

  expect(broken).toEqual([])
  expect(definitions.map(({ definition }) => definition.jobClassName)).toEqual([
    'BackfillDevfileDigest',
    'BackfillRouteNamespaceId',
  ])
})
