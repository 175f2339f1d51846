import { fireEvent, screen } from '@testing-library/svelte'
import { expect, it } from 'vitest'
import { Settings } from '../../src/shared/settings.ts'
import { expectAccessible, openConsole, settle } from './support/open-console.ts'

it('keeps history for as many days as are typed, and removes what is older at once', async () => {
  const backend = await openConsole({
    place: 'settings',
    answers: {
      'settings.set': async (changes) => {
        const settings = Settings.parse(changes)
        backend.tell({ kind: 'settings', settings })
        return settings
      },
      'history.purge': async () => ({ removedRows: 12 }),
    },
  })
  const days = screen.getByLabelText<HTMLInputElement>('history')
  expect(days.value).toBe('183')

  await fireEvent.change(days, { target: { value: '30' } })
  await settle()
  await fireEvent.click(screen.getByRole('button', { name: 'Remove older now' }))
  await settle()

  expect(backend.asked('settings.set')).toEqual([expect.objectContaining({ historyDays: 30 })])
  expect(days.value).toBe('30')
  expect(screen.getByText('12 rows removed.')).toBeTruthy()
  expect(screen.getByText('/console.log')).toBeTruthy()
  await expectAccessible()
})

it('shows days that are refused as they were, with the reason', async () => {
  await openConsole({ place: 'settings' })
  const days = screen.getByLabelText<HTMLInputElement>('history')

  await fireEvent.change(days, { target: { value: '0' } })
  await settle()

  expect(days.value).toBe('183')
  expect(screen.getByText(/historyDays/)).toBeTruthy()
})
