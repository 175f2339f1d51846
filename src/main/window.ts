/** The one place where windows are made. */
import { BrowserWindow, nativeTheme, type Session } from 'electron'
import { PAGE_URL } from './app-protocol.ts'
import type { WindowPlace } from './window-place.ts'

/** Where the screens' design ends. */
const SMALLEST = { width: 1_024, height: 680 }
/** Of the page's tokens, so that nothing flashes before the page is there. */
const GROUND = { dark: '#0d1117', light: '#f5f6f3' }

/** Nobody should work on a target like that without knowing. */
const DIAGNOSING = 'Tranche · diagnostics: developer tools are on'

interface WindowNeeds {
  readonly session: Session
  readonly preload: string
  readonly place: WindowPlace
  readonly isDiagnosing: boolean
}

/** Shown when its page is painted; the page is not loaded yet. */
export function createWindow({ session, preload, place, isDiagnosing }: WindowNeeds): BrowserWindow {
  const { isMaximized, ...bounds } = place
  const window = new BrowserWindow({
    ...bounds,
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    title: isDiagnosing ? DIAGNOSING : 'Tranche',
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? GROUND.dark : GROUND.light,
    webPreferences: {
      session,
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: isDiagnosing,
    },
  })
  if (isDiagnosing) {
    // The page would put its own title there.
    window.on('page-title-updated', (event) => {
      event.preventDefault()
    })
  }
  window.once('ready-to-show', () => {
    if (isMaximized) window.maximize()
    window.show()
  })
  return window
}

/** Resolves when the page has loaded. */
export async function loadPage(window: BrowserWindow): Promise<void> {
  await window.loadURL(PAGE_URL)
}
