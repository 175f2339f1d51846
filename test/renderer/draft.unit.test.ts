import { expect, it } from 'vitest'
import { type DraftForm, emptyDraft, givenOf } from '../../src/renderer/src/features/connections/draft.ts'

function form(more: Partial<DraftForm> = {}): DraftForm {
  return { ...emptyDraft(), name: 'app', environment: 'staging', url: 'postgresql://ops@db1/app', ...more }
}

it('gives the logical database and what the others lead to', () => {
  expect(givenOf(form())).toMatchObject({ given: { logicalDatabase: 'main', otherDatabases: {} } })
  const others = [{ name: ' main ', connectionId: 'c1' }]
  expect(givenOf(form({ logicalDatabase: 'ci', others }))).toMatchObject({
    given: { logicalDatabase: 'ci', otherDatabases: { main: 'c1' } },
  })
})

it.each([
  ['logical databases of letters, digits and _', { others: [{ name: 'c i', connectionId: 'c1' }] }],
  ['logical databases of letters, digits and _', { logicalDatabase: '' }],
  ['each logical database once', { others: [{ name: 'main', connectionId: 'c1' }] }],
  ['a password command that can be read', { passwordCommand: `op 'read` }],
  ['a connection for each other database', { others: [{ name: 'ci', connectionId: '' }] }],
])('asks for %s', (missing, more) => {
  expect(givenOf(form(more))).toEqual({ missing: `Needs ${missing}.` })
})

it('gives the password command as it was typed', () => {
  expect(givenOf(form({ passwordCommand: ' op read op://db/app ' }))).toMatchObject({
    given: { passwordCommand: 'op read op://db/app' },
  })
  expect(givenOf(form())).toMatchObject({ given: { passwordCommand: null } })
})

it('begins each form with rows of its own', () => {
  emptyDraft().others.push({ name: 'ci', connectionId: 'c1' })
  expect(emptyDraft().others).toEqual([])
})
