/** Electron's main process: windows, their rules, and a backend that it starts and watches. All else is the backend's. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { app, type BrowserWindow, screen, session as sessions, utilityProcess } from 'electron'
import backendPath from '../host/utility-process.ts?modulePath'
import { registerPageScheme, servePage } from './app-protocol.ts'
import { type BackendLink, createBackendLink } from './backend-link.ts'
import { type BackendProcess, startBackend } from './backend-process.ts'
import { serveCalls, tellPage } from './ipc.ts'
import { setMenu } from './menu.ts'
import { forbidNavigation } from './navigation-rules.ts'
import { answerSealing, choosePasswordStore } from './sealing.ts'
import { watchPage } from './page-crashes.ts'
import { restrictSession } from './session-rules.ts'
import { createStayAwake } from './stay-awake.ts'
import { endWithStarter, tellStarter } from './starter.ts'
import { createWindow, loadPage } from './window.ts'
import { keepPlace, recallPlace } from './window-place.ts'
import { messageOf } from '../shared/errors.ts'

const { env, platform } = process
const isDiagnosing = process.argv.includes('--diagnostics')
/** In memory: the page keeps nothing on this machine. */
const PARTITION = 'console'
let exitCode = 0

app.setName('Tranche')
/** The same one as in every other host: src/storage/data-folder.ts. */
const folder =
  (env.TRANCHE_HOME ?? '') === '' ? join(app.getPath('appData'), 'Tranche') : resolve(env.TRANCHE_HOME ?? '')
mkdirSync(folder, { recursive: true, mode: 0o700 })
app.setPath('userData', folder)
// Chromium's own files, apart from ours.
app.setPath('sessionData', join(folder, 'electron'))
app.enableSandbox()
choosePasswordStore(app, env)
registerPageScheme()
forbidNavigation(app)

if (app.requestSingleInstanceLock()) {
  endWithStarter(() => {
    app.quit()
  })
  app.whenReady().then(openConsole).catch(fail)
} else {
  tellStarter('alreadyOpen')
  app.quit()
}

async function openConsole(): Promise<void> {
  const backend = startBackend({
    fork: () => utilityProcess.fork(backendPath, [], { serviceName: 'Tranche backend', stdio: 'inherit' }),
    places: {
      folder,
      projectFolder: app.isPackaged ? folder : app.getAppPath(),
      practiceRows: env.TRANCHE_PRACTICE_ROWS === undefined ? null : Number(env.TRANCHE_PRACTICE_ROWS),
    },
    answer: (question) => answerSealing(question, platform),
    onDriving: createStayAwake(),
    log: (line) => {
      process.stderr.write(`${line}\n`)
    },
  })
  quitWith(backend)
  setMenu({ platform, isDiagnosing })
  const session = sessions.fromPartition(PARTITION)
  restrictSession(session, { isDiagnosing })
  servePage(session, join(import.meta.dirname, '../renderer'))
  const window = createWindow({
    session,
    preload: join(import.meta.dirname, '../preload/index.cjs'),
    place: await recallPlace(folder, screen),
    isDiagnosing,
  })
  const link = createBackendLink(backend)
  const { webContents } = window
  serveCalls((contents) => (contents === webContents ? link : null))
  connectWindow(window, link)
  await loadPage(window)
  tellStarter('ready')
}

function connectWindow(window: BrowserWindow, link: BackendLink): void {
  const { webContents } = window
  link.subscribe((event) => {
    tellPage(webContents, event)
  })
  webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) link.renew()
  })
  watchPage(webContents, fail)
  window.on('close', () => {
    keepPlace(folder, window)
  })
  window.on('closed', () => {
    link.close()
  })
  // Releasing may take a sub-batch's time: nobody should look at a page without a backend meanwhile.
  app.on('before-quit', () => {
    if (!window.isDestroyed()) window.hide()
  })
  app.on('second-instance', () => {
    if (window.isMinimized()) window.restore()
    window.focus()
  })
}

/** Ends the console with a code that whoever started it takes for what it is. */
function fail(why: unknown): void {
  process.stderr.write(`${messageOf(why)}\n`)
  exitCode = 1
  app.quit()
}

/** Closing the window ends the console; what it drives is released first. */
function quitWith(backend: BackendProcess): void {
  let isReleased = false
  app.on('window-all-closed', () => {
    app.quit()
  })
  app.on('before-quit', (event) => {
    if (isReleased) return
    event.preventDefault()
    void backend.stop().then(() => {
      isReleased = true
      if (exitCode === 0) app.quit()
      else app.exit(exitCode)
    })
  })
}
