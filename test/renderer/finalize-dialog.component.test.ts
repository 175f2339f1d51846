/** The dialog of what cannot be taken back, on the page that asks for it most. */
import { fireEvent, screen } from '@testing-library/svelte'
import { expect, it } from 'vitest'
import type { FinalizeGates } from '../../src/shared/finalize-view.ts'
import { TrancheError } from '../../src/shared/errors.ts'
import { expectAccessible, openConsole, rest, settle } from './support/open-console.ts'
import type { Answers } from './support/fake-backend.ts'

const GATES: FinalizeGates = {
  gates: [{ name: 'jobs', outcome: 'holds', detail: 'all 4 jobs succeeded', remedy: null }],
  canFinalize: true,
  confirmation: 'phrase',
  readAtMs: 0,
  effects: [{ kind: 'seal', detail: 'marks migration 1 as finalized', statement: null }],
}
const PHRASE = 'finalize 1 on shop'

async function setup({ phrase = PHRASE, ...answers }: Answers & { phrase?: string | null } = {}) {
  let tickets = 0
  const backend = await openConsole({
    place: 'finalize/1',
    environment: 'production',
    migrations: [{ id: '1', status: 'finished' }],
    answers: {
      'verification.last': async () => null,
      'finalize.gates': async () => GATES,
      'finalize.begin': async () => {
        tickets += 1
        return { nonce: `nonce ${String(tickets)}`, confirmation: 'phrase', phrase, expiresAtMs: 300_000 }
      },
      ...answers,
    },
  })
  screen.getByRole('button', { name: 'Finalize…' }).focus()
  await fireEvent.click(screen.getByRole('button', { name: 'Finalize…' }))
  await settle()
  const act = screen.getByRole<HTMLButtonElement>('button', { name: 'Finalize migration 1' })
  const type = async (value: string) => {
    await fireEvent.input(screen.getByLabelText('Type this phrase'), { target: { value } })
  }
  return { backend, act, type }
}

it('waits for the very phrase, and for three seconds', async () => {
  const { act, type } = await setup()
  expect(document.activeElement).toBe(screen.getByLabelText('Type this phrase'))

  await type(PHRASE)
  await rest(2_999)
  expect(act.disabled).toBe(true)
  await rest(1)
  expect(act.disabled).toBe(false)

  for (const almost of ['', PHRASE.slice(0, -1), `${PHRASE} `, PHRASE.toUpperCase()]) {
    await type(almost)
    expect([almost, act.disabled]).toEqual([almost, true])
  }
  await expectAccessible()
})

it('gives the nonce back with what was typed, and closes', async () => {
  const { backend, act, type } = await setup({ 'finalize.submit': async () => null })
  await type(PHRASE)
  await rest(3_000)

  await fireEvent.click(act)
  await settle()

  expect(backend.asked('finalize.submit')).toMatchObject([{ migrationId: '1', nonce: 'nonce 1', phrase: PHRASE }])
  expect(screen.queryByRole('alertdialog')).toBeNull()
})

it('asks for another permission when one was used up, and says what came of the first', async () => {
  const { backend, act, type } = await setup({
    'finalize.submit': async ({ nonce }) => {
      if (nonce === 'nonce 1') throw new TrancheError('confirmation_expired', 'this permission has expired')
      return null
    },
  })
  await type(PHRASE)
  await rest(3_000)

  await fireEvent.click(act)
  await settle()

  expect(screen.getByRole('alertdialog').textContent).toContain('this permission has expired')
  expect(screen.getByRole('alertdialog').textContent).toContain('Nothing was finalized.')
  await fireEvent.click(act)
  await settle()
  expect(screen.queryByRole('alertdialog')).toBeNull()
  expect(backend.asked('finalize.submit')).toMatchObject([{ nonce: 'nonce 1' }, { nonce: 'nonce 2' }])
})

it('needs neither phrase nor rest where none is asked for', async () => {
  const { act } = await setup({ phrase: null })

  expect(screen.queryByLabelText('Type this phrase')).toBeNull()
  expect(act.disabled).toBe(false)
})

it('changes nothing when it is cancelled, and gives the focus back', async () => {
  const { backend } = await setup()

  await fireEvent.click(screen.getByRole('button', { name: 'Cancel' }))

  expect(screen.queryByRole('alertdialog')).toBeNull()
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Finalize…' }))
  expect(backend.asked('finalize.submit')).toEqual([])
})

it('says why there is no permission, and asks again when told to', async () => {
  let isRefused = true
  const { act } = await setup({
    'finalize.begin': async () => {
      if (isRefused) throw new TrancheError('illegal_transition', 'migration 1 is finalizing')
      return { nonce: 'late', confirmation: 'plain', phrase: null, expiresAtMs: 300_000 }
    },
  })
  expect(screen.getByRole('alertdialog').textContent).toContain('migration 1 is finalizing')
  expect(act.disabled).toBe(true)

  isRefused = false
  await fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  await settle()

  expect(act.disabled).toBe(false)
})
