import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ROOT } from '../../scripts/pinned-node.mjs'

/** A command line that says when it is ready and which signals it was given, and ends when told to. */
const COMMAND = `
const [mode, code] = process.argv.slice(2)
if (mode === 'exit') process.exit(Number(code))
const keepAlive: NodeJS.Timeout = setInterval(() => {}, 1000)
if (mode === 'listen') {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      console.log(signal)
      setTimeout(() => { clearInterval(keepAlive); process.exitCode = 42 }, 300)
    })
  }
}
console.log('ready', process.pid)
`

interface Launched {
  readonly launcher: ChildProcess
  /** Of the program behind the launcher. */
  readonly pid: number
  readonly output: Promise<string>
  readonly end: Promise<unknown[]>
}

async function setup({ isInstalled = true } = {}) {
  const root = await mkdtemp(join(tmpdir(), 'tranche launcher-'))
  onTestFinished(() => rm(root, { recursive: true }))
  await cp(join(ROOT, 'bin'), join(root, 'bin'), { recursive: true })
  await cp(join(ROOT, 'scripts'), join(root, 'scripts'), { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) await cp(join(ROOT, file), join(root, file))
  await mkdir(join(root, 'src/cli'), { recursive: true })
  await writeFile(join(root, 'src/cli/main.ts'), COMMAND)
  if (isInstalled) await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'))

  const launch = (args: readonly string[], flags: readonly string[] = []) =>
    spawn(process.execPath, [...flags, join(root, 'bin/tranche.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group, as a terminal makes one for each command.
      detached: true,
    })
  return {
    root,
    launch,
    run: async (args: readonly string[], flags: readonly string[] = []) => {
      const launcher = launch(args, flags)
      const end = once(launcher, 'close') as Promise<unknown[]>
      const [stdout, stderr, [code]] = await Promise.all([text(launcher.stdout), text(launcher.stderr), end])
      return { stdout, stderr, code }
    },
    start: async (mode: string): Promise<Launched> => {
      const launcher = launch([mode])
      const output = text(launcher.stdout)
      const [first] = (await once(launcher.stdout, 'data')) as [Buffer]
      const pid = Number(/ready (\d+)/.exec(first.toString())?.[1])
      return { launcher, pid, output, end: once(launcher, 'close') }
    },
  }
}

test.each([0, 3, 130])('exits with the code of the program: %i', async (code) => {
  const { run } = await setup()
  expect(await run(['exit', String(code)])).toEqual({ stdout: '', stderr: '', code })
})

test('before any install it says in one line what to do', async () => {
  const { run, root } = await setup({ isInstalled: false })
  expect(await run(['list'])).toEqual({
    stdout: '',
    stderr: `tranche: nothing is installed yet. Run "npm ci" in ${root} first ("npm start" does it by itself).\n`,
    code: 1,
  })
})

test('over an installation that is incomplete or stale it says in one line what to do', async () => {
  const { run, root } = await setup({ isInstalled: false })
  await mkdir(join(root, 'node_modules'))
  const refusal = async (): Promise<unknown> => run(['list'])
  const says = (why: string): unknown => ({
    stdout: '',
    stderr: `tranche: ${why} Run "npm ci" in ${root} first ("npm start" does it by itself).\n`,
    code: 1,
  })

  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { dependencies: object }
  const [first = ''] = Object.keys(dependencies)
  expect(await refusal()).toEqual(says(`the installation is incomplete: there is no ${first}.`))

  for (const name of Object.keys(dependencies)) await mkdir(join(root, 'node_modules', name), { recursive: true })
  for (const name of Object.keys(dependencies)) await writeFile(join(root, 'node_modules', name, 'package.json'), '{}')

  expect(await refusal()).toEqual(says('what is installed is not what package-lock.json says.'))
})

test('without the pinned Node an old one says in one line what to do', async () => {
  const { run, root } = await setup({ isInstalled: false })
  await mkdir(join(root, 'node_modules'))
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`
  expect(await run(['list'], ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`])).toEqual({
    stdout: '',
    stderr: `tranche: Node 20.20.2 is too old and the pinned one is not installed. Run "npm ci" without --omit=optional in ${root}.\n`,
    code: 1,
  })
})

describe.skipIf(process.platform === 'win32')('signals', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s for the launcher reaches the program', async (signal) => {
    const { start } = await setup()
    const { launcher, output, end } = await start('listen')
    launcher.kill(signal)
    expect(await end).toEqual([42, null])
    expect((await output).split('\n').slice(1)).toEqual([signal, ''])
  })

  test('Ctrl-C reaches the whole process group, and the program sees it once', async () => {
    const { start } = await setup()
    const { launcher, output, end } = await start('listen')
    process.kill(-Number(launcher.pid), 'SIGINT')
    // npm passes it on as well.
    launcher.kill('SIGINT')
    expect(await end).toEqual([42, null])
    expect((await output).split('\n').slice(1)).toEqual(['SIGINT', ''])
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGKILL', 137],
  ] as const)('a program that %s ended gives exit code %i', async (signal, code) => {
    const { start } = await setup()
    const { pid, end } = await start('stay')
    process.kill(pid, signal)
    expect(await end).toEqual([code, null])
  })

  test('a killed launcher takes the program with it, in good order', async () => {
    const { start } = await setup()
    const { launcher, pid, output } = await start('listen')
    launcher.kill('SIGKILL')
    expect((await output).split('\n').slice(1)).toEqual(['SIGTERM', ''])
    while (isAlive(pid)) await sleep(20)
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
