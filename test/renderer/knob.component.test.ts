import { fireEvent, render, screen } from '@testing-library/svelte'
import { expect, it, vi } from 'vitest'
import Knob from '../../src/renderer/src/features/run/Knob.svelte'
import { expectAccessible } from './support/open-console.ts'

function setup(given: { value?: number | null; isOptional?: boolean; isDisabled?: boolean; isTaken?: boolean } = {}) {
  const { isTaken = true, ...props } = given
  const onset = vi.fn(async (_value: number | null) => isTaken)
  render(Knob, {
    target: document.body.appendChild(document.createElement('main')),
    props: { name: 'pause', unit: 'ms', value: 100, note: 'after each one', isDisabled: false, onset, ...props },
  })
  const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'pause' })
  return {
    field,
    onset,
    type: async (value: string) => fireEvent.input(field, { target: { value } }),
    press: async (key: string) => fireEvent.keyDown(field, { key }),
  }
}

it('shows its value and what it means, and nothing to set', async () => {
  const { field } = setup()

  expect(field.value).toBe('100')
  expect(screen.getByText('after each one')).toBeTruthy()
  expect(screen.queryByRole('button')).toBeNull()
  await expectAccessible()
})

it('Enter sets what was typed, once', async () => {
  const { type, press, onset } = setup()
  await type(' 250 ')
  expect(screen.getByRole('button', { name: 'Set, now 100' })).toBeTruthy()

  await press('Enter')
  await press('Enter')

  expect(onset.mock.calls).toEqual([[250]])
})

it('Esc takes the typing back, and only then leaves the field', async () => {
  const { field, type, onset } = setup()
  await type('250')

  expect(await fireEvent.keyDown(field, { key: 'Escape' })).toBe(false)
  expect(field.value).toBe('100')
  expect(await fireEvent.keyDown(field, { key: 'Escape' })).toBe(true)
  expect(onset).not.toHaveBeenCalled()
})

it('refuses what is no whole number', async () => {
  const { field, type, press, onset } = setup()
  await type('a lot')

  await press('Enter')

  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Not a number' }).disabled).toBe(true)
  expect(field.getAttribute('aria-invalid')).toBe('true')
  expect(onset).not.toHaveBeenCalled()
  await expectAccessible()
})

it('keeps what was typed where the target refuses it', async () => {
  const { field, type, press } = setup({ isTaken: false })
  await type('250')

  await press('Enter')

  expect(field.value).toBe('250')
})

it('an empty field sets none, where there may be none', async () => {
  const { type, press, onset } = setup({ isOptional: true })
  await type('')

  await press('Enter')

  expect(onset.mock.calls).toEqual([[null]])
})

it('is not to be typed into where nothing is left to set', () => {
  expect(setup({ isDisabled: true }).field.disabled).toBe(true)
})
