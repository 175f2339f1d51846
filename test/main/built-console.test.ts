/** What is built for Electron, without Electron: its paths lead somewhere, and its backend answers as the sources do. */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { init, parse } from 'es-module-lexer'
import type { UtilityProcess } from 'electron'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { createBackendLink } from '../../src/main/backend-link.ts'
import { startBackend } from '../../src/main/backend-process.ts'
import { createClient } from '../../src/shared/contract.ts'
import { buildConsole, ROOT, ThreadProcess } from '../support/built-console.ts'
import { CONSOLE_CATALOGUE, urlOf } from '../support/console-setup.ts'
import {
  app,
  BrowserWindow,
  fakeSession,
  type FakeUtilityProcess,
  lastOf,
  protocol,
  session,
  utilityProcess,
} from '../support/fake-electron.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { until } from '../support/until.ts'

vi.mock('electron', () => import('../support/fake-electron.ts'))

const built = { folder: '', remove: async (): Promise<void> => undefined }

beforeAll(async () => {
  Object.assign(built, await buildConsole())
})

afterAll(() => built.remove())

async function sourcesOf(part: 'main' | 'preload'): Promise<readonly { file: string; code: string }[]> {
  const folder = join(built.folder, part)
  const names = (await readdir(folder)).filter((name) => /\.c?js$/.test(name))
  return Promise.all(
    names.map(async (name) => ({ file: join(folder, name), code: await readFile(join(folder, name), 'utf8') })),
  )
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

it('imports what is built in, what is beside it, or a package that every installation has', async () => {
  await init()
  const { dependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  } // ours
  const imports = (await sourcesOf('main')).flatMap(({ file, code }) =>
    parse(code)[0].flatMap((site) =>
      site.type === 'import-meta' || site.specifier === undefined ? [] : [{ file, specifier: site.specifier }],
    ),
  )
  const packages = imports.filter(({ specifier }) => !isBuiltin(specifier) && specifier !== 'electron')

  expect([...new Set(packages.map(({ specifier }) => specifier))].sort()).toEqual([
    ...['amaro', 'better-sqlite3', 'es-module-lexer', 'pg', 'zod', 'zustand/vanilla'],
  ])
  for (const { file, specifier } of packages) {
    expect([specifier, Object.keys(dependencies).some((name) => specifier.split('/')[0] === name)]).toEqual([
      specifier,
      true,
    ])
    expect(createRequire(file).resolve(specifier)).toContain('node_modules')
  }
  expect(imports.filter(({ specifier }) => specifier === 'electron').map(({ file }) => basename(file))).toEqual([
    'index.js',
  ])
})

it('finds every file that it asks for by its own place', async () => {
  const asked = (await sourcesOf('main')).flatMap(({ file, code }) => [
    ...[...code.matchAll(/new URL\(["`]([^"`$]*)[^,]*["`], new URL\("([^"]+)", import\.meta\.url\)/g)].map(
      ([, path = '', source = '']) => fileURLToPath(new URL(path, new URL(source, pathToFileURL(file)))),
    ),
    ...[...code.matchAll(/join\$?\d*\(import\.meta\.dirname, "([^"]+)"\)/g)].map(([, path = '']) =>
      resolve(dirname(file), path),
    ),
  ])

  expect(asked.map((path) => relative(ROOT, path).replace(/test-\d+/, 'test')).sort()).toEqual([
    ...['out/test/main/utility-process.js', 'out/test/preload/index.cjs', 'out/test/renderer', 'package.json'],
    ...['resources/practice', 'src/engine/tracking/schema', 'src/host/row-pool/worker.mjs'],
    ...['src/storage/schema', 'src/storage/schema'],
  ])
  for (const path of asked) expect([path, await exists(path)]).toEqual([path, true])
  // Whatever else speaks of its place was seen above, or only hands it to Node's own resolution of packages.
  const places = (await sourcesOf('main')).flatMap(
    ({ code }) => code.match(/import\.meta\.(url|dirname|filename)/g) ?? [],
  )
  expect(places).toHaveLength(asked.length + 1)
})

it('has a preload script that needs Electron alone', async () => {
  const [{ file, code } = { file: '', code: '' }, ...others] = await sourcesOf('preload')

  expect([basename(file), others]).toEqual(['index.cjs', []])
  expect([...code.matchAll(/require\("([^"]+)"\)|\bimport\b/g)].map(([, name]) => name)).toEqual(['electron'])
})

describe('main', () => {
  it('makes the sandboxed window of the built page, says when it is there, and ends after its backend', async () => {
    const steps: string[] = []
    app.enableSandbox.mockImplementation(() => void steps.push('sandbox'))
    protocol.registerSchemesAsPrivileged.mockImplementation(() => void steps.push('scheme'))
    app.whenReady.mockImplementation(async () => void steps.push('ready'))
    const ownSession = fakeSession()
    session.fromPartition.mockReturnValue(ownSession)
    const folder = await temporaryFolder()
    vi.stubEnv('TRANCHE_HOME', folder)
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    onTestFinished(() => {
      vi.unstubAllEnvs()
    })

    await import(pathToFileURL(join(built.folder, 'main', 'index.js')).href)
    await until(async () => write.mock.calls.some(([line]) => line === 'tranche: the window is ready\n'))
    write.mockRestore()

    expect(steps).toEqual(['sandbox', 'scheme', 'ready'])
    expect(app.setPath.mock.calls).toEqual([
      ['userData', folder],
      ['sessionData', join(folder, 'electron')],
    ])
    expect(lastOf(session.fromPartition)).toEqual(['console'])
    const window = BrowserWindow.made.at(-1)
    const { preload, ...preferences } = window?.options.webPreferences as { preload: string; session: unknown }
    expect([preload, preferences.session === ownSession]).toEqual([join(built.folder, 'preload', 'index.cjs'), true])
    expect(window?.loadURL.mock.calls).toEqual([['app://console/index.html']])
    const [, serve] = lastOf(ownSession.protocol.handle)
    const page = await serve({ url: 'app://console/index.html', method: 'GET' })
    const [script = ''] = /assets\/[\w-]+\.js/.exec(await page.text()) ?? []
    expect((await serve({ url: `app://console/${script}`, method: 'GET' })).status).toBe(200)
    expect(lastOf(utilityProcess.fork)[0]).toBe(join(built.folder, 'main', 'utility-process.js'))
    const forked = utilityProcess.fork.mock.results.at(-1)?.value as FakeUtilityProcess
    expect(forked.said[0]?.message).toMatchObject({ kind: 'open', options: { folder, projectFolder: '/project' } })

    app.emit('second-instance')
    expect(window?.focus).toHaveBeenCalledOnce()

    // Closing the window: the backend is asked to release, and only its end ends the console.
    app.emit('window-all-closed')
    expect(app.quit).toHaveBeenCalledOnce()
    const preventDefault = vi.fn<() => void>()
    app.emit('before-quit', { preventDefault })
    expect([preventDefault.mock.calls.length, forked.said.at(-1)?.message]).toEqual([1, { kind: 'close' }])
    expect(window?.hide).toHaveBeenCalledOnce()
    forked.emit('exit', 0)
    await until(async () => app.quit.mock.calls.length === 2)
    app.emit('before-quit', { preventDefault })
    expect(preventDefault).toHaveBeenCalledOnce()
  })
})

describe('the backend', () => {
  function start(folder: string) {
    const processes: ThreadProcess[] = []
    const driving: boolean[] = []
    const backend = startBackend({
      fork: () => {
        const forked = new ThreadProcess(join(built.folder, 'main', 'utility-process.js'))
        processes.push(forked)
        return forked as unknown as UtilityProcess // what supervision uses of it
      },
      places: { folder, projectFolder: folder, practiceRows: null },
      answer: async (question) => ({
        value: question.kind === 'seal' ? `sealed ${question.text}` : question.sealed.slice(7),
        isStale: false,
      }),
      onDriving: (isDriving) => void driving.push(isDriving),
      log: () => undefined,
    })
    const link = createBackendLink(backend)
    onTestFinished(async () => {
      link.close()
      await backend.stop()
    })
    const heard: unknown[] = []
    link.subscribe((event) => heard.push(event))
    return { backend, call: createClient(link), heard, driving, kill: () => processes.at(-1)?.kill() }
  }

  it('queues and runs a migration of a real database, as the sources do', async () => {
    const database = await createTestDatabase()
    onTestFinished(() => database.drop())
    await database.query('CREATE TABLE public.numbers (id bigint PRIMARY KEY, doubled bigint, quotient bigint)')
    await database.query('INSERT INTO public.numbers (id) SELECT generate_series(1, 1000)')
    const { call, heard, driving } = start(await temporaryFolder())

    const { connectionId } = await call('connections.add', {
      name: 'test',
      environment: 'development',
      place: { kind: 'url', url: urlOf(database.connection) },
      catalogueFolder: CONSOLE_CATALOGUE,
    })
    await call('connections.open', { connectionId })
    await call('tracking.install', { connectionId })
    await until(async () => (await call('app.snapshot')).state.targets[connectionId]?.isInstalled === true)
    const input = { connectionId, jobClassName: 'DoubleNumbers' }
    const { definitionHash } = await call('queue.plan', input)
    const { migration } = await call('queue.submit', { ...input, definitionHash })
    const of = { connectionId, migrationId: migration.id }
    await call('run.start', of)
    await until(async () => (await call('migrations.get', of)).status === 'finished')

    const [row] = await database.query<{ count: string }>('SELECT count(*) FROM public.numbers WHERE doubled = id * 2')
    expect(row?.count).toBe('1000')
    expect(heard.length).toBeGreaterThan(0)
    await until(async () => driving.length > 1)
    expect(driving).toEqual([true, false])
  })

  it('comes back after it was killed, and the page hears of both', async () => {
    const { call, heard, kill } = start(await temporaryFolder())
    await call('settings.set', { theme: 'light' })

    kill()
    await until(async () => heard.some((event) => (event as { kind: string }).kind === 'backend_lost'))
    await expect(call('settings.get')).rejects.toMatchObject({ code: 'backend_lost' })
    await until(async () => heard.some((event) => (event as { kind: string }).kind === 'backend_back'))

    expect(await call('settings.get')).toMatchObject({ theme: 'light' })
  })

  it('has its passwords sealed by main, and unsealed for the next one', async () => {
    const { call, heard, kill } = start(await temporaryFolder())
    await call('settings.set', { keepsPasswords: true })
    const place = { kind: 'fields', host: 'localhost', database: 'd', user: 'u' } as const
    await call('connections.add', { name: 'a', environment: 'staging', place, password: 'canary' })
    await call('settings.set', { keepsPasswords: true })

    kill()
    await until(async () => heard.some((event) => (event as { kind: string }).kind === 'backend_back'))

    expect(await call('connections.list')).toMatchObject([{ name: 'a', hasPassword: true }])
    expect(JSON.stringify(heard)).not.toContain('canary')
  })

  it('says what is wrong with its file, and goes on once that is mended', async () => {
    const folder = await temporaryFolder()
    const file = join(folder, 'console.db')
    await writeFile(file, 'this is no database, whoever wrote it')
    const { call } = start(folder)

    await expect(call('app.snapshot')).rejects.toMatchObject({ code: 'storage_damaged' })
    expect(await readFile(file, 'utf8')).toBe('this is no database, whoever wrote it')
    await rm(file)

    expect(await call('settings.get')).toMatchObject({ theme: 'system' })
  })
})
