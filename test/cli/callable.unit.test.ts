import { expect, it } from 'vitest'
import { asCallable } from '../../src/cli/callable.ts'

it('repeats the saved connection in commands that are to be copied, and npx where that called', () => {
  const text =
    'Run: tranche install; then (tranche retry 3 --job 7). tranche test DIR needs none, `tranche report` is a name.'
  expect(asCallable(text, { env: {}, connection: null })).toBe(text)
  expect(asCallable(text, { env: { npm_command: 'exec' }, connection: 'practice' })).toBe(
    'Run: npx tranche --connection practice install; then (npx tranche --connection practice retry 3 --job 7). ' +
      'npx tranche test DIR needs none, `tranche report` is a name.',
  )
  expect(asCallable('the tracking schema "tranche" of tranche', { env: {}, connection: 'practice' })).toBe(
    'the tracking schema "tranche" of tranche',
  )
})
