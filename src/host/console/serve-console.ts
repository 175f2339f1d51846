/** The console in a browser: backend and web host together, until asked to stop. */
import type { Logger } from '../../engine/ports.ts'
import { dataFolder } from '../../storage/data-folder.ts'
import { createConsoleLog } from '../backend/console-log.ts'
import { createBackend, type BackendOptions } from '../create-backend.ts'
import { practiceFolder } from '../practice/practice-state.ts'
import { startWebHost } from '../web.ts'
import { openBrowser } from './open-browser.ts'

export interface ConsoleOptions {
  readonly projectFolder: string
  readonly rendererFolder: string
  readonly practice: NonNullable<BackendOptions['practice']>
  readonly logger: Logger
  /** 0: any free one. */
  readonly port: number
  readonly signal: AbortSignal
  /** Called once with an address that works for one visit. */
  readonly onReady: (url: string) => void
}

/** Resolves when the signal was aborted and everything is closed; what was running is released first. */
export async function serveConsole(options: ConsoleOptions): Promise<void> {
  const { projectFolder, rendererFolder, practice, logger, port, signal, onReady } = options
  const backend = await createBackend({ logger, projectFolder, practice })
  try {
    // The backend's own lines go there by themselves.
    const host = await startWebHost({ backend, rendererFolder, logger: createConsoleLog(dataFolder(), logger), port })
    try {
      onReady(host.url())
      const opened = await openBrowser(host.url(), { folder: practiceFolder(projectFolder) })
      await aborted(signal)
      await opened()
    } finally {
      await host.close()
    }
  } finally {
    await backend.close()
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve()
    })
  })
}
