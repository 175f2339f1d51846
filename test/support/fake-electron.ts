/** Electron as its own main process sees it, without Electron: what was asked of it is kept, and events are sent by hand. */
import { EventEmitter } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { vi } from 'vitest'

/** A port that hands over events, as Electron's does. */
export class FakePort {
  readonly #port: MessagePort

  constructor(port: MessagePort) {
    this.#port = port
  }

  /** Node's own, which can be handed to a thread. */
  get transferable(): MessagePort {
    return this.#port
  }

  on(event: string, listener: (event: unknown) => void): this {
    this.#port.on(event, (data: unknown) => {
      listener(event === 'message' ? { data, ports: [] } : undefined)
    })
    return this
  }

  postMessage(message: unknown): void {
    this.#port.postMessage(message)
  }

  start(): void {
    this.#port.start()
  }

  close(): void {
    this.#port.close()
  }
}

export class MessageChannelMain {
  readonly port1: FakePort
  readonly port2: FakePort

  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new FakePort(port1)
    this.port2 = new FakePort(port2)
  }
}

export class FakeContents extends EventEmitter {
  readonly mainFrame = { origin: 'app://console' }
  readonly setWindowOpenHandler = vi.fn<(handler: (details: { url: string }) => unknown) => void>()
  readonly send = vi.fn<(channel: string, ...values: readonly unknown[]) => void>()
  isGone = false

  isDestroyed(): boolean {
    return this.isGone
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly made: BrowserWindow[] = []
  readonly webContents = new FakeContents()
  readonly options: Readonly<Record<string, unknown>>
  readonly loadURL = vi.fn<(url: string) => Promise<void>>(async () => undefined)
  readonly show = vi.fn<() => void>()
  readonly maximize = vi.fn<() => void>()
  readonly hide = vi.fn<() => void>()
  readonly focus = vi.fn<() => void>()
  bounds = { x: 10, y: 20, width: 1_300, height: 810 }

  constructor(options: Readonly<Record<string, unknown>>) {
    super()
    this.options = options
    BrowserWindow.made.push(this)
  }

  getNormalBounds(): typeof this.bounds {
    return this.bounds
  }

  isMinimized(): boolean {
    return false
  }

  isDestroyed(): boolean {
    return false
  }

  isMaximized(): boolean {
    return this.maximize.mock.calls.length > 0
  }
}

/** A process that the test ends when it likes. */
export class FakeUtilityProcess extends EventEmitter {
  readonly said: { readonly message: unknown; readonly ports: readonly FakePort[] }[] = []
  readonly kill = vi.fn<() => boolean>(() => this.emit('exit', 15))

  postMessage(message: unknown, ports: readonly FakePort[] = []): void {
    this.said.push({ message, ports })
  }
}

export const app = Object.assign(new EventEmitter(), {
  isPackaged: false,
  setName: vi.fn<(name: string) => void>(),
  setPath: vi.fn<(name: string, path: string) => void>(),
  getPath: vi.fn<(name: string) => string>((name) => `/home/anna/${name}`),
  getAppPath: vi.fn<() => string>(() => '/project'),
  enableSandbox: vi.fn<() => void>(),
  requestSingleInstanceLock: vi.fn<() => boolean>(() => true),
  whenReady: vi.fn<() => Promise<void>>(async () => undefined),
  quit: vi.fn<() => void>(),
  commandLine: { appendSwitch: vi.fn<(name: string, value?: string) => void>() },
})
export const powerSaveBlocker = { start: vi.fn<(type: string) => number>(), stop: vi.fn<(id: number) => void>() }
export const utilityProcess = { fork: vi.fn<(path: string) => FakeUtilityProcess>(() => new FakeUtilityProcess()) }
export const screen = { getAllDisplays: vi.fn<() => readonly unknown[]>(() => []) }
export const session = { fromPartition: vi.fn<(name: string) => FakeSession>(() => fakeSession()) }
export const nativeTheme = { shouldUseDarkColors: true }
export const protocol = { registerSchemesAsPrivileged: vi.fn<(schemes: readonly unknown[]) => void>() }
export const ipcMain = { handle: vi.fn<(channel: string, handler: (...values: unknown[]) => unknown) => void>() }
export const Menu = {
  buildFromTemplate: vi.fn<(template: unknown) => unknown>((template) => template),
  setApplicationMenu: vi.fn<(menu: unknown) => void>(),
}
export const safeStorage = {
  isAsyncEncryptionAvailable: vi.fn<() => Promise<boolean>>(async () => true),
  getSelectedStorageBackend: vi.fn<() => string>(() => 'gnome_libsecret'),
  encryptStringAsync: vi.fn<(text: string) => Promise<Buffer>>(async (text) => Buffer.from(`sealed:${text}`)),
  decryptStringAsync: vi.fn<(sealed: Buffer) => Promise<{ result: string; shouldReEncrypt: boolean }>>(
    async (sealed) => ({ result: sealed.toString().replace('sealed:', ''), shouldReEncrypt: false }),
  ),
}
export const contextBridge = { exposeInMainWorld: vi.fn<(name: string, api: unknown) => void>() }
export const ipcRenderer = {
  invoke: vi.fn<(channel: string, ...values: readonly unknown[]) => Promise<unknown>>(),
  on: vi.fn<(channel: string, listener: (...values: unknown[]) => void) => void>(),
  off: vi.fn<(channel: string, listener: (...values: unknown[]) => void) => void>(),
}

/** What a session was given, each to be called by the test. */
export type FakeSession = ReturnType<typeof fakeSession>

export function fakeSession() {
  return {
    protocol: {
      handle:
        vi.fn<(scheme: string, handler: (request: { url: string; method: string }) => Promise<Response>) => void>(),
    },
    setPermissionRequestHandler: vi.fn<(handler: (...values: unknown[]) => void) => void>(),
    setPermissionCheckHandler: vi.fn<(handler: (...values: unknown[]) => boolean) => void>(),
    setDevicePermissionHandler: vi.fn<(handler: (details: unknown) => boolean) => void>(),
    setDisplayMediaRequestHandler: vi.fn<(handler: (...values: unknown[]) => void) => void>(),
    webRequest: { onBeforeRequest: vi.fn<(handler: (...values: unknown[]) => void) => void>() },
  }
}

/** The handler that was registered last. */
export function lastOf<Arguments extends readonly unknown[]>(mock: {
  readonly mock: { readonly lastCall?: Arguments | undefined }
}): Arguments {
  const { lastCall } = mock.mock
  if (lastCall === undefined) throw new Error('it was never called')
  return lastCall
}
