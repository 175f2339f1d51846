/** What `npm run build` makes, in a folder of the test's own inside the checkout: it finds sources and packages from there. */
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { EventEmitter } from 'node:events'
import type { FakePort } from './fake-electron.ts'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export async function buildConsole(): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> {
  const folder = join(ROOT, 'out', `test-${String(process.pid)}`)
  const program = join(ROOT, 'node_modules/electron-vite/bin/electron-vite.js')
  await promisify(execFile)(process.execPath, [program, 'build', '--outDir', folder], { cwd: ROOT })
  return { folder, remove: () => rm(folder, { recursive: true }) }
}

/** The built backend as main forks it, in a thread. */
export class ThreadProcess extends EventEmitter {
  readonly #worker: Worker

  constructor(program: string) {
    super()
    this.#worker = new Worker(new URL('utility-process-thread.ts', import.meta.url), {
      workerData: { program: pathToFileURL(program).href },
    })
    this.#worker.on('message', (message: unknown) => this.emit('message', message))
    this.#worker.on('exit', (code) => this.emit('exit', code))
  }

  postMessage(data: unknown, ports: readonly FakePort[] = []): void {
    const transferred = ports.map(({ transferable }) => transferable)
    this.#worker.postMessage({ data, ports: transferred }, transferred)
  }

  kill(): boolean {
    void this.#worker.terminate()
    return true
  }
}
