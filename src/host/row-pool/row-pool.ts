/**
 * The worker threads in which `transform` of eachRow runs. Rows of a sub-batch go out in chunks; a thread that dies or
 * stands still fails the sub-batch that it worked for and is replaced, nothing else of the process is touched.
 */
import { availableParallelism } from 'node:os'
import type { LoadedDefinition } from '../../catalogue/definition.ts'
import type { RowTransformer, TransformOutcome } from '../../engine/ports.ts'
import { createPoolWorker, type PoolWorker, type Task } from './pool-worker.ts'

/** Threads beyond these would wait for the database anyway. */
const MOST_WORKERS = 8
const CHUNK_ROWS = 50
const ROW_LIMIT_MS = 30_000

export interface RowPool extends RowTransformer {
  /** Ends the threads. What is being transformed is rejected. */
  close(): Promise<void>
}

interface PoolOptions {
  /** Threads (one less than the cores, at least one, at most eight). None is started before the first row. */
  readonly workers?: number
  /** How long a thread may finish no row before it counts as standing still (30 000). */
  readonly rowLimitMs?: number
}

export function createRowPool({
  workers: most = Math.min(MOST_WORKERS, Math.max(1, availableParallelism() - 1)),
  rowLimitMs = ROW_LIMIT_MS,
}: PoolOptions = {}): RowPool {
  const workers = new Set<PoolWorker>()
  const idle: PoolWorker[] = []
  const waiting: Task[] = []
  let isClosed = false

  const dispatch = (): void => {
    for (let task = waiting[0]; task !== undefined; task = waiting[0]) {
      const worker = idle.pop() ?? start()
      if (worker === null) return
      waiting.shift()
      worker.run(task)
    }
  }
  const start = (): PoolWorker | null => {
    if (isClosed || workers.size >= most) return null
    const worker = createPoolWorker({
      rowLimitMs,
      onIdle: () => {
        idle.push(worker)
        dispatch()
      },
      onGone: () => {
        workers.delete(worker)
        const at = idle.indexOf(worker)
        if (at !== -1) idle.splice(at, 1)
        dispatch()
      },
    })
    workers.add(worker)
    return worker
  }
  const transformChunk = (task: Omit<Task, 'resolve' | 'reject'>): Promise<readonly TransformOutcome[]> =>
    new Promise((resolve, reject) => {
      if (isClosed) throw new Error('the pool is closed')
      waiting.push({ ...task, resolve, reject })
      dispatch()
    })
  return {
    async transform(loaded, rows, { jobArguments, signal, log }) {
      signal.throwIfAborted()
      const request = new AbortController()
      const stop = AbortSignal.any([signal, request.signal])
      const onAbort = (): void => {
        for (const task of waiting.filter((each) => each.signal === stop)) {
          waiting.splice(waiting.indexOf(task), 1)
          task.reject(stop.reason)
        }
        for (const worker of workers) worker.drop(stop)
      }
      stop.addEventListener('abort', onAbort, { once: true })
      try {
        const place = placeOf(loaded)
        const chunks = chunksOf(rows, Math.min(CHUNK_ROWS, Math.ceil(rows.length / most)))
        const transformed = chunks.map((chunk) =>
          transformChunk({
            place,
            rows: chunk,
            jobArguments,
            log,
            signal: stop,
            jobClassName: loaded.definition.jobClassName,
          }),
        )
        return (await Promise.all(transformed)).flat()
      } catch (error) {
        // The other chunks of a sub-batch that has failed are of no use.
        request.abort(error)
        throw error
      } finally {
        stop.removeEventListener('abort', onAbort)
      }
    },
    async close() {
      isClosed = true
      for (const task of waiting.splice(0)) task.reject(new Error('the pool is closed'))
      await Promise.all([...workers].map((worker) => worker.close()))
    },
  }
}

function placeOf({ folder, file, hash }: LoadedDefinition): Task['place'] {
  return { folder, file, hash }
}

function chunksOf<Row>(rows: readonly Row[], size: number): readonly (readonly Row[])[] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) =>
    rows.slice(index * size, (index + 1) * size),
  )
}
