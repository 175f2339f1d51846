/** One thread of the pool: one chunk at a time, watched while it works. */
import { Worker } from 'node:worker_threads'
import { ERROR_EXIT_CODES, type ErrorCode, TrancheError } from '../../shared/errors.ts'
import type { RowTransformer, TransformOutcome } from '../../engine/ports.ts'
import type { ChunkMessage, WorkerMessage } from './messages.ts'

export interface Task extends Omit<ChunkMessage, 'chunkId'> {
  readonly jobClassName: string
  readonly log: Parameters<RowTransformer['transform']>[2]['log']
  /** Of the request that it belongs to. */
  readonly signal: AbortSignal
  readonly resolve: (outcomes: readonly TransformOutcome[]) => void
  readonly reject: (reason: unknown) => void
}

export interface PoolWorker {
  /** Only while it is idle. */
  run(task: Task): void
  /** Ends the thread where it works for that request: JavaScript cannot be interrupted in any other way. */
  drop(signal: AbortSignal): void
  close(): Promise<void>
}

/** A new thread first starts and loads the definition; both take longer on a busy machine. */
const LOAD_LIMIT_MS = 30_000

interface WorkerOptions {
  readonly rowLimitMs: number
  readonly onIdle: () => void
  readonly onGone: () => void
}

export function createPoolWorker({ rowLimitMs, onIdle, onGone }: WorkerOptions): PoolWorker {
  // stdout belongs to the answer of a command; what a definition prints goes where messages go.
  const thread = new Worker(new URL('./worker.mjs', import.meta.url), { stdout: true })
  thread.stdout.on('data', (chunk: Uint8Array) => process.stderr.write(chunk))
  let current: { readonly task: Task; readonly chunkId: number } | null = null
  let chunkId = 0
  let watch: NodeJS.Timeout | undefined
  let thrown: unknown = null

  const end = (): Task | null => {
    clearTimeout(watch)
    const task = current?.task ?? null
    current = null
    // An idle thread keeps no process alive.
    thread.unref()
    return task
  }
  const endThread = (reason: unknown): void => {
    end()?.reject(reason)
    void thread.terminate()
  }
  const watchRow = (limitMs: number): void => {
    clearTimeout(watch)
    watch = setTimeout(() => {
      if (current !== null) endThread(stalled(current.task, limitMs))
    }, limitMs)
  }
  thread.on('message', (message: WorkerMessage) => {
    if (current?.chunkId !== message.chunkId) return
    switch (message.kind) {
      case 'progress':
        watchRow(rowLimitMs)
        return
      case 'log':
        current.task.log(message.level, message.message, message.fields)
        return
      case 'done':
        end()?.resolve(message.outcomes)
        onIdle()
        return
      case 'refused':
        end()?.reject(refused(message))
        onIdle()
    }
  })
  thread.on('error', (error: unknown) => {
    thrown = error
  })
  thread.on('exit', (code) => {
    const task = end()
    task?.reject(lost(task, thrown ?? `it ended with exit code ${String(code)}`))
    onGone()
  })
  thread.unref()
  return {
    run(task) {
      chunkId += 1
      current = { task, chunkId }
      thread.ref()
      watchRow(Math.max(rowLimitMs, LOAD_LIMIT_MS))
      const { place, jobArguments, rows } = task
      try {
        thread.postMessage({ chunkId, place, jobArguments, rows } satisfies ChunkMessage)
      } catch (error) {
        // A value that cannot be cloned: the thread never heard of it.
        end()?.reject(error)
        onIdle()
      }
    },
    drop(signal) {
      if (current?.task.signal === signal) endThread(signal.reason)
    },
    async close() {
      end()?.reject(new Error('the pool is closed'))
      await thread.terminate()
    },
  }
}

function stalled({ jobClassName }: Task, limitMs: number): TrancheError {
  return new TrancheError(
    'row_transform_stalled',
    `transform of ${jobClassName} finished no row for ${String(limitMs / 1000)} s; its worker thread was ended`,
    { remedy: 'Give everything that it waits for a limit of its own, such as AbortSignal.timeout in fetch.' },
  )
}

function lost({ jobClassName }: Task, cause: unknown): TrancheError {
  const because = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
  return new TrancheError(
    'row_transform_lost',
    `a worker thread died while it ran transform of ${jobClassName}: ${because}`,
    {
      remedy: 'Look for what transform starts and does not await, for process.exit, and for what fills the memory.',
      cause,
    },
  )
}

function refused({ code, message, remedy }: Extract<WorkerMessage, { kind: 'refused' }>): TrancheError {
  const known: ErrorCode = Object.hasOwn(ERROR_EXIT_CODES, code) ? (code as ErrorCode) : 'unexpected'
  return new TrancheError(known, message, remedy === null ? {} : { remedy })
}
