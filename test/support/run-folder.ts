import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The one place where a test run keeps files and servers. */
export interface RunFolder {
  readonly path: string
  /** Ends the servers in it, also those that a test left running, and deletes it. */
  remove(): Promise<void>
}

/**
 * Makes the folder of a run. A process of its own removes it, because it can do so whatever becomes of the test
 * runner, which dies of a signal without asking anybody.
 */
export async function openRunFolder(): Promise<RunFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'tranche-test-')))
  // As root the servers in it run as somebody else, who has to get there.
  await chmod(path, 0o711)
  const program = fileURLToPath(new URL('remove-run-folder.ts', import.meta.url))
  const remover = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, path], {
    stdio: ['pipe', 'ignore', 'inherit'],
    // Out of reach of Ctrl-C.
    detached: true,
  })
  remover.unref()
  return {
    path,
    remove: async () => {
      const ended = once(remover, 'exit')
      remover.stdin.end()
      const [code] = (await ended) as [number | null]
      if (code !== 0) throw new Error(`the folder ${path} of the test run could not be removed`)
    },
  }
}
