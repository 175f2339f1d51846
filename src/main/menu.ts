/** The menu: what a system expects of a window, by its own roles; tools for developers only where they were asked for. */
import { Menu, type MenuItemConstructorOptions } from 'electron'

interface MenuNeeds {
  readonly platform: NodeJS.Platform
  readonly isDiagnosing: boolean
}

export function setMenu(needs: MenuNeeds): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(needs)))
}

export function menuTemplate({ platform, isDiagnosing }: MenuNeeds): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin'
  const view: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
  ]
  const tools: MenuItemConstructorOptions[] = [{ type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }]
  return [
    isMac ? { role: 'appMenu' } : { label: 'Console', submenu: [{ role: 'quit' }] },
    { role: 'editMenu' },
    { label: 'View', submenu: isDiagnosing ? [...view, ...tools] : view },
    { role: 'windowMenu' },
  ]
}
