import { expect, it } from 'vitest'
import { createTickets } from '../../src/host/backend/tickets.ts'

const PRODUCTION = {
  verb: 'finalize',
  connectionId: 'c1',
  environment: 'production',
  database: 'app_production',
  object: 'BackfillRoutes',
  shown: ['41', 'aa'],
} as const

it('asks production for the phrase, word for word', () => {
  const tickets = createTickets()
  const { nonce, phrase } = tickets.issue(PRODUCTION)
  expect(phrase).toBe('finalize BackfillRoutes on app_production')

  expect(() => {
    tickets.redeem({ nonce, phrase: 'finalize backfillroutes on app_production' }, PRODUCTION)
  }).toThrow(expect.objectContaining({ code: 'confirmation_required' }))

  const again = tickets.issue(PRODUCTION)
  tickets.redeem({ nonce: again.nonce, phrase: 'finalize BackfillRoutes on app_production' }, PRODUCTION)
})

it('uses a nonce up, whatever came out of it', () => {
  const tickets = createTickets()
  const { nonce, phrase } = tickets.issue(PRODUCTION)
  expect(() => {
    tickets.redeem({ nonce, phrase: null }, PRODUCTION)
  }).toThrow()

  expect(() => {
    tickets.redeem({ nonce, phrase }, PRODUCTION)
  }).toThrow(expect.objectContaining({ code: 'confirmation_expired' }))
})

it('takes a nonce for nothing else: another verb, migration, definition, connection or environment', () => {
  const others = [
    { ...PRODUCTION, object: 'BackfillUsers' },
    { ...PRODUCTION, shown: ['42', 'aa'] },
    { ...PRODUCTION, shown: ['41', 'bb'] },
    { ...PRODUCTION, connectionId: 'c2' },
    { ...PRODUCTION, environment: 'staging' as const },
    { ...PRODUCTION, verb: 'delete' as const },
  ]
  for (const other of others) {
    const tickets = createTickets()
    const { nonce, phrase } = tickets.issue(PRODUCTION)
    expect(() => {
      tickets.redeem({ nonce, phrase }, other)
    }).toThrow(expect.objectContaining({ code: 'confirmation_expired' }))
  }
})

it('forgets a nonce after a while', () => {
  let nowMs = 0
  const tickets = createTickets(() => nowMs)
  const { nonce, phrase, expiresAtMs } = tickets.issue(PRODUCTION)
  nowMs = expiresAtMs + 1

  expect(() => {
    tickets.redeem({ nonce, phrase }, PRODUCTION)
  }).toThrow(expect.objectContaining({ code: 'confirmation_expired' }))
})
