/** The choice between window and browser, with runtimes of our own making in Electron's place. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openWindow, type WindowLimits } from '../../../src/host/console/open-window.ts'
import { ALREADY_OPEN, fakeRuntime, isAlive, LIVE, READY } from '../../support/fake-runtime.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

async function setup(body: string, limits: Partial<WindowLimits> = {}) {
  const { program } = await fakeRuntime(body)
  const folder = await temporaryFolder()
  const stop = new AbortController()
  const logFile = join(folder, 'electron.log')
  const seen = { ready: 0 }
  const end = openWindow({
    program,
    projectFolder: folder,
    practiceRows: 300,
    logFile,
    signal: stop.signal,
    onReady: () => {
      seen.ready += 1
    },
    limits,
  })
  const said = async (): Promise<string> => readFile(logFile, 'utf8').catch(() => '')
  const saidPid = async (): Promise<number> => {
    await until(async () => /pid \d+/.test(await said()))
    return Number(/pid (\d+)/.exec(await said())?.[1])
  }
  return { end, stop, seen, said, saidPid, folder }
}

it('says why a runtime that exits shows no window, by what it said last', async () => {
  const { end, seen } = await setup(
    `console.error('[7:1120/1:FATAL:electron_main_delegate.cc(1)] Running as root without --no-sandbox is not supported.')
     process.exit(1)`,
  )

  expect(await end).toEqual({
    kind: 'failed',
    why: 'Electron ended with 1 (Running as root without --no-sandbox is not supported.)',
  })
  expect(seen.ready).toBe(0)
})

it('says the signal that ended it', async () => {
  const { end } = await setup(`process.kill(process.pid, 'SIGKILL'); ${LIVE}`)

  expect(await end).toEqual({ kind: 'failed', why: 'Electron ended with SIGKILL' })
})

it('ends a runtime that hangs, with the helpers that it started', async () => {
  // A shell is there at once, long before its time is over, on a busy machine too.
  const { end, saidPid } = await setup(`#!/bin/sh\ntrap '' TERM; sleep 1000 & echo "pid $!"; wait`, { readyMs: 6_000 })

  const pid = await saidPid()
  expect(await end).toEqual({ kind: 'failed', why: 'Electron showed no window within 6 s' })

  await until(async () => !isAlive(pid))
})

it('waits for one that lives, until it is closed', async () => {
  const { end, seen, said } = await setup(`${READY}; console.log('closed by a person'); setTimeout(() => {}, 200)`)

  expect(await end).toEqual({ kind: 'closed' })

  expect(seen.ready).toBe(1)
  expect(await said()).toContain('closed by a person')
})

it('asks one that lives to finish when it is to stop', async () => {
  const { end, stop, seen, said } = await setup(
    `process.on('SIGTERM', () => { console.log('released'); process.exit(0) }); ${READY}; ${LIVE}`,
  )
  await until(async () => seen.ready === 1)

  stop.abort()

  expect(await end).toEqual({ kind: 'closed' })
  expect(await said()).toContain('released')
})

it('ends one that does not want to finish', async () => {
  const { end, stop, seen, saidPid } = await setup(
    `process.on('SIGTERM', () => {}); console.log('pid ' + process.pid); ${READY}; ${LIVE}`,
    { stopMs: 200 },
  )
  await until(async () => seen.ready === 1)
  const pid = await saidPid()

  stop.abort()

  expect(await end).toEqual({ kind: 'closed' })
  expect(isAlive(pid)).toBe(false)
})

it('takes a death within seconds of the window for a failed start, and a later one for a crash', async () => {
  const dies = `${READY}; setTimeout(() => process.exit(9), 100)`
  const early = await setup(dies, { earlyMs: 60_000 })
  const late = await setup(dies, { earlyMs: 1 })

  expect(await early.end).toMatchObject({ kind: 'failed', why: expect.stringContaining('ended with 9') as string })
  expect(await late.end).toMatchObject({ kind: 'crashed', why: expect.stringContaining('ended with 9') as string })
})

it('knows a console that is open already', async () => {
  const { end } = await setup(ALREADY_OPEN)

  expect(await end).toEqual({ kind: 'already_open' })
})

it('says that it waits, and how much practice data there is; and never makes a Node of it', async () => {
  process.env.ELECTRON_RUN_AS_NODE = '1'
  try {
    const { end, said, folder } = await setup(
      `const { TRANCHE_STARTED_BY_NPM, TRANCHE_PRACTICE_ROWS, ELECTRON_RUN_AS_NODE = 'unset' } = process.env
       console.log([TRANCHE_STARTED_BY_NPM, TRANCHE_PRACTICE_ROWS, ELECTRON_RUN_AS_NODE, process.argv[2]].join(' '))`,
    )
    await end

    expect(await said()).toBe(`1 300 unset ${folder}\n`)
  } finally {
    delete process.env.ELECTRON_RUN_AS_NODE
  }
})
