import { render, screen } from '@testing-library/svelte'
import { createRawSnippet } from 'svelte'
import { expect, it, vi } from 'vitest'
import Dialog from '../../src/renderer/src/parts/Dialog.svelte'
import { expectAccessible } from './support/open-console.ts'

const children = createRawSnippet(() => ({ render: () => '<button>Cancel</button>' }))

function setup() {
  const opener = document.body.appendChild(document.createElement('button'))
  opener.textContent = 'Finalize…'
  opener.focus()
  const onclose = vi.fn()
  const { unmount } = render(Dialog, { title: 'Finalize on STAGING', note: 'shop', onclose, children })
  return { opener, onclose, unmount, dialog: screen.getByRole<HTMLDialogElement>('dialog') }
}

it('is named by its title, and takes the focus', async () => {
  const { dialog } = setup()

  expect(dialog).toBe(screen.getByRole('dialog', { name: 'Finalize on STAGING' }))
  expect(dialog.contains(document.activeElement)).toBe(true)
  await expectAccessible()
})

it('gives the focus back when it is taken away', () => {
  const { opener, unmount } = setup()

  unmount()

  expect(document.activeElement).toBe(opener)
})

it('leaves the focus where somebody put it meanwhile', () => {
  const { unmount } = setup()
  const elsewhere = document.body.appendChild(document.createElement('input'))
  elsewhere.focus()

  unmount()

  expect(document.activeElement).toBe(elsewhere)
})

it('tells its owner when the platform closed it, as Esc makes it', () => {
  const { dialog, onclose } = setup()

  dialog.close()

  expect(onclose).toHaveBeenCalledOnce()
})
