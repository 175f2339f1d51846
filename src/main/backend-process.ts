/** The backend in a process of its own, started again whenever it ends by itself: each time later, up to ten seconds. */
import type { MessagePortMain, UtilityProcess } from 'electron'
import type { Answer, BackendPlaces, FromBackend, Question, ToBackend } from '../shared/backend-port.ts'

const WAITS_MS = [250, 500, 1_000, 2_000, 5_000, 10_000] as const
/** One that lived so long did not die of its start. */
const HEALTHY_MS = 60_000
/** A sub-batch may take its time; what does not end by then is ended, and its runner taken over. */
const STOP_LIMIT_MS = 15_000

export interface BackendProcess {
  /** Hands the backend a page's end of a channel. false: none runs right now. */
  adopt(port: MessagePortMain): boolean
  /** Called when one was started again, and when one ended by itself. */
  onStart(listener: () => void): () => void
  onEnd(listener: () => void): () => void
  /** Lets it finish and release what it holds; resolves when it has ended. */
  stop(): Promise<void>
}

interface BackendNeeds {
  readonly fork: () => UtilityProcess
  readonly places: BackendPlaces
  /** What only main can answer: null where it cannot. */
  readonly answer: (question: Question) => Promise<Answer>
  /** Told when it begins to drive something, and when it drives nothing any more. */
  readonly onDriving: (isDriving: boolean) => void
  readonly log: (line: string) => void
}

export function startBackend({ fork, places, answer, onDriving, log }: BackendNeeds): BackendProcess {
  const starts = new Set<() => void>()
  const ends = new Set<() => void>()
  let child: UtilityProcess | null = null
  let deaths = 0
  let again: NodeJS.Timeout | null = null
  let isStopping = false

  function begin(): void {
    const bornAtMs = performance.now()
    const born = fork()
    child = born
    const say = (message: ToBackend, ports?: MessagePortMain[]): void => {
      born.postMessage(message, ports)
    }
    born.on('message', (message: FromBackend) => {
      if (message.kind === 'driving') {
        onDriving(message.isDriving)
        return
      }
      void answer(message)
        .catch((): Answer => ({ value: null, isStale: false }))
        .then((given) => {
          if (child === born) say({ kind: 'answer', id: message.id, ...given })
        })
    })
    born.once('exit', (code) => {
      child = null
      onDriving(false)
      if (isStopping) return
      deaths = performance.now() - bornAtMs > HEALTHY_MS ? 0 : deaths
      const waitMs = WAITS_MS[Math.min(deaths, WAITS_MS.length - 1)] ?? 0
      deaths += 1
      log(`the backend ended with ${String(code)}; it is started again in ${String(waitMs)} ms`)
      for (const listener of ends) listener()
      again = setTimeout(() => {
        begin()
        for (const listener of starts) listener()
      }, waitMs)
    })
    say({ kind: 'open', options: places })
  }

  begin()
  return {
    adopt(port) {
      child?.postMessage({ kind: 'client' } satisfies ToBackend, [port])
      return child !== null
    },
    onStart: (listener) => listened(starts, listener),
    onEnd: (listener) => listened(ends, listener),
    async stop() {
      isStopping = true
      if (again !== null) clearTimeout(again)
      const dying = child
      if (dying === null) return
      await new Promise<void>((resolve) => {
        const limit = setTimeout(() => dying.kill(), STOP_LIMIT_MS)
        dying.once('exit', () => {
          clearTimeout(limit)
          resolve()
        })
        dying.postMessage({ kind: 'close' } satisfies ToBackend)
      })
    },
  }
}

function listened(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
