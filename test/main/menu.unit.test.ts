import { expect, it, vi } from 'vitest'
import { menuTemplate, setMenu } from '../../src/main/menu.ts'
import { lastOf, Menu } from '../support/fake-electron.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

it.each<NodeJS.Platform>(['linux', 'darwin', 'win32'])('has no developer tools and no reload on %s', (platform) => {
  const text = JSON.stringify(menuTemplate({ platform, isDiagnosing: false }))

  expect(text).toContain('editMenu')
  expect(text).not.toMatch(/devtools|reload/i)
})

it('has them where they were asked for', () => {
  setMenu({ platform: 'linux', isDiagnosing: true })

  expect(JSON.stringify(lastOf(Menu.setApplicationMenu))).toMatch(/reload.*toggleDevTools/)
})
