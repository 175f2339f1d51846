import { fireEvent, screen } from '@testing-library/svelte'
import { expect, it } from 'vitest'
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
