/** The backend in Electron's utility process: opened at main's word, one client for each port that main passes on. */
import type { MessageEvent } from 'electron'
import type { Logger } from '../engine/ports.ts'
import type { Answer, BackendPlaces, FromBackend, Question, ToBackend } from '../shared/backend-port.ts'
import type { Keychain } from './backend/kept-secrets.ts'
import { watchDriving } from './backend/watch-driving.ts'
import { resolveTarget } from './connection/resolve-target.ts'
import { findOtherPracticeTargets } from './practice/find-practice-target.ts'
import { namedPractice } from './practice/practice-url.ts'
import { createConsoleLog } from './backend/console-log.ts'
import { type Backend, type BackendOptions, createBackend } from './create-backend.ts'
import { createLazyBackend } from './lazy-backend.ts'
import { servePort } from './serve-port.ts'
import { watchFaults } from './system/watch-faults.ts'

const logger: Logger = {
  log(level, event, fields) {
    if (level === 'warn' || level === 'error') process.stderr.write(`${JSON.stringify({ level, event, ...fields })}\n`)
  },
}

/** With the file as soon as it is known where that is. */
let faultLog = logger

const { parentPort } = process
let backend: Backend | null = null
/** Asked of main, by number. */
const questions = new Map<number, (answer: Answer) => void>()
let lastQuestion = 0

/** Main starts another one when this has ended. */
watchFaults({
  onFault: (thrown) => {
    const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
    faultLog.log('error', 'an error that nobody caught', { message: text })
    void close(1)
  },
  onStuck: () => process.exit(1),
})

const keychain: Keychain = {
  seal: async (text) => (await ask((id) => ({ kind: 'seal', id, text }))).value,
  async unseal(sealed) {
    const { value, isStale } = await ask((id) => ({ kind: 'unseal', id, sealed }))
    return value === null ? null : { text: value, isStale }
  },
}

parentPort.on('message', ({ data, ports }: MessageEvent) => {
  const message = data as ToBackend // main's own
  switch (message.kind) {
    case 'open':
      faultLog = createConsoleLog(message.options.folder, logger)
      backend = createLazyBackend(() => open(message.options))
      return
    case 'client':
      for (const port of ports) {
        if (backend !== null) servePort(backend, port, dataOf)
        port.start()
      }
      return
    case 'answer':
      questions.get(message.id)?.(message)
      questions.delete(message.id)
      return
    case 'close':
      void close()
  }
})

/** Electron's ports hand over an event. */
function dataOf(event: unknown): unknown {
  return (event as MessageEvent).data
}

async function open({ folder, projectFolder, practiceRows }: BackendPlaces): Promise<Backend> {
  const practice = practiceRows === null ? null : await findPractice(projectFolder, practiceRows)
  const opened = await createBackend({
    ...{ logger, folder, projectFolder, keychain },
    ...(practice === null ? {} : { practice }),
  })
  opened.subscribe(
    watchDriving((isDriving) => {
      parentPort.postMessage({ kind: 'driving', isDriving } satisfies FromBackend)
    }),
  )
  return opened
}

/** What `npm start` made ready before the window; it may have been stopped since. */
async function findPractice(
  projectFolder: string,
  rows: number,
): Promise<NonNullable<BackendOptions['practice']> | null> {
  try {
    const { parameters } = await resolveTarget({
      url: null,
      connection: 'practice',
      environment: 'practice',
      isWriting: false,
      env: process.env,
      projectFolder,
      warn: () => undefined,
    })
    // A database that somebody named holds all of the practice.
    const isNamed = namedPractice(process.env) !== null
    const others = isNamed ? new Map([['ci', parameters]]) : await findOtherPracticeTargets(projectFolder)
    return { parameters, others, rows }
  } catch (error) {
    logger.log('warn', 'the practice database is not there', { message: String(error) })
    return null
  }
}

async function ask(question: (id: number) => Question): Promise<Answer> {
  lastQuestion += 1
  const id = lastQuestion
  return new Promise((resolve) => {
    questions.set(id, resolve)
    parentPort.postMessage(question(id))
  })
}

async function close(code = 0): Promise<void> {
  await backend?.close()
  process.exit(code)
}
