import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

export interface RunnerLine {
  readonly event: string
  readonly [field: string]: unknown
}

export interface RunnerProcess {
  readonly child: ChildProcess
  /** What it said so far. */
  readonly lines: readonly RunnerLine[]
  /** Resolves with the next line of that event; rejects when it ends before. */
  until(event: string): Promise<RunnerLine>
  readonly ended: Promise<void>
}

const SCRIPT = fileURLToPath(new URL('runner-process.ts', import.meta.url))

/** Starts a runner in a process of its own; killed when the test is over. */
export function spawnRunner(url: string, migrationId: string, name: string): RunnerProcess {
  const child = spawn(process.execPath, [SCRIPT, url, migrationId, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const lines: RunnerLine[] = []
  const waiting = new Set<{ event: string; resolve: (line: RunnerLine) => void; reject: (error: Error) => void }>()
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      for (const { event, reject } of waiting) reject(new Error(`the runner ended before it said ${event}`))
      resolve()
    })
  })
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as RunnerLine // printed by runner-process.ts
    lines.push(line)
    for (const waiter of waiting) {
      if (waiter.event !== line.event) continue
      waiting.delete(waiter)
      waiter.resolve(line)
    }
  })
  return {
    child,
    lines,
    ended,
    until: (event) =>
      new Promise((resolve, reject) => {
        waiting.add({ event, resolve, reject })
      }),
  }
}
