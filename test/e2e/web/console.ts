/** Consoles for browser specs: each a process of its own over a practice database of the test's own. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, type Page, test as base } from '@playwright/test'
import pg from 'pg'
import { practiceFolder } from '../../../src/host/practice/practice-state.ts'
import { PRACTICE_SETTINGS } from '../../../src/host/postgres/server-settings.ts'
import { type Server, startServer } from '../../../src/host/postgres/start-server.ts'

const PROGRAM = fileURLToPath(new URL('console-process.ts', import.meta.url))

export interface TestConsole {
  /** An address that works for one visit. */
  url(): Promise<string>
  /** Of the practice database. */
  readonly database: string
}

export interface Practice {
  /** One more console with a console.db of its own, on the same practice database; a bare one has none. */
  start(options?: { readonly isBare: boolean }): Promise<TestConsole>
  /** Its URL, with the password; once a console was started. */
  database(): string
  query<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>
  /** Ends its server at once, with every connection; the function that is returned starts it again where it was. */
  kill(): Promise<() => Promise<void>>
}

interface Fixtures {
  readonly rows: number
  readonly practice: Practice
  /** A page of the first console, opened. */
  readonly console: Page
}

export const test = base.extend<Fixtures>({
  rows: [6_000, { option: true }],
  practice: async ({ rows }, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'tranche-e2e-'))
    const stops: (() => Promise<void>)[] = []
    let client: pg.Client | null = null
    /** Once it was ended and started again it is ours to stop. */
    let server: Server | null = null
    const start = async (isBare: boolean): Promise<TestConsole> => {
      const home = await mkdtemp(join(folder, 'home-'))
      const places = ['--project', folder, '--home', home, '--rows', String(rows)]
      const { stop, ...started } = await startProcess(isBare ? [...places, '--bare'] : places)
      stops.unshift(stop)
      return started
    }
    let database: string | null = null
    await use({
      async start({ isBare } = { isBare: false }) {
        const started = await start(isBare)
        if (!isBare) database ??= started.database
        return started
      },
      database: () => database ?? '',
      async query<Row extends object>(text: string, values: unknown[] = []) {
        if (client === null) {
          client = new pg.Client({ connectionString: database ?? '' })
          await client.connect()
        }
        const { rows: answered } = await client.query<Row>(text, values)
        return answered
      },
      async kill() {
        const port = Number(new URL(database ?? '').port)
        const request = {
          folder: practiceFolder(folder),
          settings: PRACTICE_SETTINGS,
          ports: { first: port, count: 1 },
        }
        await client?.end()
        client = null
        // Adopted, since the console's process started it.
        server = await startServer(request)
        process.kill(server.pid, 'SIGQUIT')
        await server.stop()
        return async () => {
          server = await startServer(request)
        }
      },
    })
    await (client as pg.Client | null)?.end()
    await (server as Server | null)?.stop()
    // The last one started adopted the server of the first.
    for (const stop of stops) await stop()
    await rm(folder, { recursive: true, force: true })
  },
  console: async ({ practice, page }, use) => {
    const problems = watchProblems(page)
    const started = await practice.start()
    await page.goto(await started.url())
    await expect(page.getByText('nothing here is real')).toBeVisible()
    await use(page)
    expect(problems, 'what the page complained of').toEqual([])
  },
})

export { expect }

/** Exceptions, refused loads and violations of the policy. */
function watchProblems(page: Page): readonly string[] {
  const problems: string[] = []
  page.on('pageerror', ({ message }) => problems.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  return problems
}

async function startProcess(args: readonly string[]): Promise<TestConsole & { readonly stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<Record<string, string>> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the console ended before it answered')
    return JSON.parse(value) as Record<string, string>
  }
  const { database = '' } = await answer()
  return {
    database,
    async url() {
      child.stdin.write('url\n')
      const { url = '' } = await answer()
      return url
    },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}
