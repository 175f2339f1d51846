import { expect, it } from 'vitest'
import { emptyForm, givenOf, hintOf, kindOf } from '../../src/renderer/src/features/queue/queue-form.ts'
import type { ArgumentView } from '../../src/shared/catalogue-view.ts'

const LIMIT: ArgumentView = { name: 'limit', isRequired: true, schema: { type: 'integer', minimum: 1 } }
const MODE: ArgumentView = { name: 'mode', isRequired: false, schema: { enum: ['fast', 'slow'] } }
const EXTRA: ArgumentView = { name: 'extra', isRequired: false, schema: { type: 'object' } }

it('leaves out what was left empty, so that the definition decides', () => {
  expect(givenOf('X', emptyForm(), [])).toEqual({
    kind: 'given',
    input: { jobClassName: 'X', jobArguments: [], force: false },
  })
})

it('passes bounds as text, since they may be larger than a number holds', () => {
  const form = { ...emptyForm(), min: ' -5 ', max: '9223372036854775807' }

  expect(givenOf('X', form, [])).toMatchObject({ kind: 'given', input: { min: '-5', max: '9223372036854775807' } })
})

it('orders arguments as declared, and stops at the last one given', () => {
  const form = emptyForm()
  form.arguments.mode = 'slow'
  form.arguments.limit = '7'

  expect(givenOf('X', form, [LIMIT, MODE, EXTRA])).toMatchObject({ input: { jobArguments: [7, 'slow'] } })
})

it.each([
  ['batchSize', '1e3', 'batch size: expected a whole number'],
  ['pauseMs', '-1', 'pause: expected a whole number'],
] as const)('says what is wrong with %s %s', (knob, text, because) => {
  const form = emptyForm()
  form.knobs[knob] = text

  expect(givenOf('X', form, [])).toEqual({ kind: 'wrong', field: knob, because })
})

it('says which argument is missing or not of its kind', () => {
  const form = emptyForm()
  expect(givenOf('X', form, [LIMIT])).toEqual({ kind: 'wrong', field: 'limit', because: 'limit: needs a value' })
  form.arguments.limit = 'many'
  expect(givenOf('X', form, [LIMIT])).toEqual({
    kind: 'wrong',
    field: 'limit',
    because: 'limit: expected a whole number, at least 1',
  })
  form.arguments.limit = '7'
  form.arguments.extra = '{'
  expect(givenOf('X', form, [LIMIT, EXTRA])).toMatchObject({ kind: 'wrong', field: 'extra' })
})

it('takes JSON where a schema has no plain form', () => {
  expect([LIMIT, MODE, EXTRA, { ...LIMIT, schema: null }].map(kindOf)).toEqual(['number', 'choice', 'json', 'json'])
  expect(hintOf(MODE)).toBe('JSON, may be left out')
})
