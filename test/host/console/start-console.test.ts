/** `npm start` as people call it: the real program, with runtimes of our own making in Electron's place. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { fakeRuntime, isAlive, LIVE, READY } from '../../support/fake-runtime.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { createTestDatabase } from '../../support/test-database.ts'

const START = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url))
const ENDS_WHEN_ASKED = `process.on('SIGTERM', () => process.exit(0))`

interface Started {
  readonly child: ChildProcess
  readonly home: string
  /** Everything it printed, once it printed `words`. */
  readonly said: (words: string | RegExp) => Promise<string>
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
}

async function start({ runtime, display = ':4711', args = [], preload }: StartOptions = {}): Promise<Started> {
  const database = await createTestDatabase()
  const home = await temporaryFolder()
  const child = spawn(process.execPath, [START, '--rows', '2000', ...args], {
    env: {
      ...process.env,
      TRANCHE_PRACTICE_URL: database.url,
      TRANCHE_HOME: home,
      BROWSER: 'none',
      DISPLAY: display,
      WAYLAND_DISPLAY: '',
      ...(preload === undefined
        ? {}
        : { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` }),
      ...(runtime === undefined ? {} : { ELECTRON_OVERRIDE_DIST_PATH: (await fakeRuntime(runtime)).folder }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (err += String(chunk)))
  const closed = once(child, 'close') as Promise<[number | null]>
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
    await database.drop()
  })
  return {
    child,
    home,
    ended: closed.then(([code]) => ({ code, out, err })),
    said: async (words) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (typeof words === 'string' ? out.includes(words) : words.test(out)) resolve(out)
        }
        child.stdout.on('data', look)
        child.once('close', () => {
          reject(new Error(`it ended without saying "${String(words)}": ${out}`))
        })
        look()
      }),
  }
}

interface StartOptions {
  readonly runtime?: string
  readonly display?: string
  readonly args?: readonly string[]
  /** A module that each of its processes loads first. */
  readonly preload?: string
}

const ADDRESS = /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/

async function addressIn({ said }: Started): Promise<string> {
  return ADDRESS.exec(await said(ADDRESS))?.[0] ?? ''
}

it('opens the console in the browser when the runtime dies, with one line that says why, and Ctrl-C ends it', async () => {
  const started = await start({ runtime: `console.error('error while loading libnss3.so'); process.exit(127)` })

  const address = await addressIn(started)
  expect((await fetch(address, { redirect: 'manual' })).status).toBe(303)
  started.child.kill('SIGINT')

  const { code, out } = await started.ended
  expect(code).toBe(130)
  expect(out.split('\n').filter((line) => line.includes('window'))).toEqual([
    '  No window: Electron ended with 127 (error while loading libnss3.so); the console opens in the browser instead.',
  ])
  await expect(fetch(address)).rejects.toThrow()
})

it('closes what it started when an error was caught by nobody, and says which', async () => {
  const stray = `process.on('SIGUSR2', () => setTimeout(() => { throw new Error('a stray error') }))`
  const started = await start({ args: ['--web'], preload: stray })
  const address = await addressIn(started)
  const [program = 0] = await childrenOf(started.child.pid ?? 0)

  process.kill(program, 'SIGUSR2')

  const { code, err } = await started.ended
  expect(code).toBe(1)
  expect(err).toContain('✕ a stray error')
  // Its backend's last act.
  expect((await readdir(started.home)).sort()).toEqual(['console.db', 'console.log'])
  expect(await readFile(join(started.home, 'console.log'), 'utf8')).toMatch(
    /"an error that nobody caught".*a stray error.*\n.*"the console ended"/,
  )
  await expect(fetch(address)).rejects.toThrow()
})

it('opens the console in the browser where there is no display', async () => {
  const started = await start({ runtime: `${READY}; ${LIVE}`, display: '' })

  await addressIn(started)
  started.child.kill('SIGINT')

  expect((await started.ended).out).toContain(
    'No window: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); the console opens in the browser',
  )
})

it('opens it in the browser without asking where that was wanted', async () => {
  const started = await start({ runtime: `${READY}; ${LIVE}`, args: ['--web'] })

  await addressIn(started)
  started.child.kill('SIGINT')

  expect((await started.ended).out).not.toMatch(/window/i)
})

it('opens the window of a runtime that lives; Ctrl-C ends it too', async () => {
  const started = await start({ runtime: `${ENDS_WHEN_ASKED}; ${READY}; ${LIVE}` })
  await started.said('✓ Console: its window is open')
  const children = await childrenOf(started.child.pid ?? 0)
  expect(children.length).toBeGreaterThan(1)

  started.child.kill('SIGINT')

  const { code, out } = await started.ended
  expect(code).toBe(130)
  expect(out).not.toMatch(ADDRESS)
  expect(children.filter(isAlive)).toEqual([])
})

it('ends when the window is closed', async () => {
  const started = await start({ runtime: `${READY}; setTimeout(() => process.exit(0), 500)` })

  const { code, out } = await started.ended

  expect(code).toBe(0)
  expect(out).toContain('✓ Console: its window is open')
})

/** Every process below this one. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const below = (parent: number): number[] =>
    pairs.flatMap(([child = 0, of]) => (of === parent ? [child, ...below(child)] : []))
  return below(pid)
}
