import { expect, it } from 'vitest'
import { hashOf, parentOf, parseRoute, type Route } from '../../src/renderer/src/state/route.ts'

const route = (more: Partial<Route>): Route => ({
  connectionId: 'practice',
  page: 'runs',
  subject: null,
  detail: null,
  ...more,
})

it.each([
  route({}),
  route({ connectionId: null, page: 'connections' }),
  route({ page: 'queue', subject: 'Backfill::Things' }),
  route({ page: 'failures', subject: '41', detail: '287' }),
  route({ connectionId: 'a/b #c', page: 'history' }),
])('comes back from its own address: %o', (place) => {
  expect(parseRoute(hashOf(place))).toEqual(place)
})

it('knows no place behind what is not one', () => {
  expect(['', '#', '#/practice', '#/practice/elsewhere', '#/practice/__proto__'].map(parseRoute)).toEqual(
    Array.from({ length: 5 }, () => null),
  )
})

it('takes an address with broken escapes as it stands', () => {
  expect(parseRoute('#/practice/queue/%E0%A4%A')).toEqual(route({ page: 'queue', subject: '%E0%A4%A' }))
})

it('leads back from a job to its failures, from a step to the runs, from queueing to the catalogue', () => {
  expect(parentOf(route({ page: 'failures', subject: '41', detail: '287' }))).toEqual(
    route({ page: 'failures', subject: '41' }),
  )
  expect(parentOf(route({ page: 'verify', subject: '41' }))).toEqual(route({}))
  expect(parentOf(route({ page: 'queue', subject: 'X' }))).toEqual(route({ page: 'catalogue', subject: 'X' }))
  expect(parentOf(route({}))).toBeNull()
})
