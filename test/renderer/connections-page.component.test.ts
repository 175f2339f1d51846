import { fireEvent, screen } from '@testing-library/svelte'
import { expect, it } from 'vitest'
import type { ConnectionTest } from '../../src/shared/connection-view.ts'
import { expectAccessible, openConsole, settle } from './support/open-console.ts'

it('says of a connection where its password comes from', async () => {
  await openConsole({ place: 'connections', answers: { 'connections.passwordSource': async () => 'service' } })
  await settle()

  expect(screen.getByText('in the service file')).toBeTruthy()
})

it('saves the command that prints a password, and asks for one that can be read', async () => {
  const backend = await openConsole({
    place: 'connections/new',
    answers: {
      'connections.add': async () => {
        throw new Error('kept by the test')
      },
    },
  })
  const type = async (label: string, value: string): Promise<void> => {
    await fireEvent.input(screen.getByLabelText(label, { selector: '.field' }), { target: { value } })
  }
  await type('name', 'vault')
  await fireEvent.click(screen.getByRole('radio', { name: 'Staging' }))
  await type('URL', 'postgres://ops@db.example/app')
  await type('command', `op 'read`)
  const save = screen.getByRole('button', { name: /^Save/ })
  await fireEvent.click(save)
  await settle()
  expect(screen.getByText('Needs a password command that can be read.')).toBeTruthy()

  await type('command', 'op read op://ops/db/password')
  await fireEvent.click(save)
  await settle()

  expect(backend.asked('connections.add')).toMatchObject([{ passwordCommand: 'op read op://ops/db/password' }])
  await expectAccessible()
})

const TESTED: ConnectionTest = {
  testedAtMs: Date.UTC(2026, 10, 20, 14, 2, 5),
  ms: 12,
  passwordFrom: 'none',
  holds: true,
  checks: [{ name: 'reach', outcome: 'holds', detail: 'db.example answers', remedy: null, sqlstate: null, ms: 4 }],
}

it('keeps the test of a draft when that is saved, with its time', async () => {
  const backend = await openConsole({
    place: 'connections/new',
    answers: {
      'connections.testDraft': async () => TESTED,
      'connections.add': async () => {
        const { c1 } = backend.state().connections
        if (c1 === undefined) throw new Error('the console has a connection')
        const connection = { ...c1, connectionId: 'c2', name: 'shop two' }
        backend.tell({ kind: 'connection', connectionId: 'c2', connection })
        return connection
      },
      'connections.passwordSource': async () => 'none',
    },
  })
  await fireEvent.input(screen.getByLabelText('name', { selector: '.field' }), { target: { value: 'shop two' } })
  await fireEvent.click(screen.getByRole('radio', { name: 'Staging' }))
  const url = screen.getByLabelText('URL', { selector: '.field' })
  await fireEvent.input(url, { target: { value: 'postgres://mara@db.example/shop' } })
  await fireEvent.click(screen.getByRole('button', { name: 'Test' }))
  await settle()
  expect(screen.getByTestId('headline').textContent).toBe('shop two answers, and may be used.')

  await fireEvent.input(url, { target: { value: 'postgres://mara@db.example/shop2' } })
  expect(screen.getByTestId('headline').textContent).toBe('shop two was not tested yet.')
  await fireEvent.input(url, { target: { value: 'postgres://mara@db.example/shop' } })

  await fireEvent.click(screen.getByRole('button', { name: 'Save' }))
  await settle()
  expect(screen.getByTestId('headline').textContent).toBe('shop two answers, and may be used.')
  expect(screen.getByText(/^Tested at/).title).toContain('2026-11-20')
})

it('tells a changed connection as not tested', async () => {
  const backend = await openConsole({
    place: 'connections',
    answers: { 'connections.test': async () => TESTED, 'connections.passwordSource': async () => 'none' },
  })
  backend.tell({ kind: 'target', connectionId: 'c1', target: null })
  await settle()
  await fireEvent.click(screen.getByRole('button', { name: 'Test' }))
  await settle()
  expect(screen.getByTestId('headline').textContent).toBe('main answers, and may be used.')

  const host = screen.getByLabelText('host', { selector: '.field' })
  await fireEvent.input(host, { target: { value: 'elsewhere.example' } })
  expect(screen.getByTestId('headline').textContent).toBe('main was not tested yet.')
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Test' }).disabled).toBe(true)

  await fireEvent.input(host, { target: { value: 'db.example' } })
  expect(screen.getByTestId('headline').textContent).toBe('main answers, and may be used.')
})

it('does not tell a kept test of a target that was lost since', async () => {
  const backend = await openConsole({
    place: 'connections',
    answers: { 'connections.test': async () => TESTED, 'connections.passwordSource': async () => 'none' },
  })
  await fireEvent.click(screen.getByRole('button', { name: 'Test' }))
  await settle()
  expect(screen.getByTestId('headline').textContent).toBe('main answers, and may be used.')

  const { migrations: _, ...target } = backend.state().targets.c1 ?? expect.fail('no target')
  const link = { kind: 'lost', sinceMs: 0, message: 'gone', tries: 1, nextTryAtMs: 1_000 } as const
  backend.tell({ kind: 'target', connectionId: 'c1', target: { ...target, link } })
  await settle()
  expect(screen.getByTestId('headline').textContent).not.toContain('answers')
  expect(screen.getByText(/^Tested at/)).toBeTruthy()
})
