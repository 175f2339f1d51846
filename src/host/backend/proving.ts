/** Verifying and finalizing in this console: each answer is told as it comes, and the end is kept on screen. */
import { randomUUID } from 'node:crypto'
import type { Engine } from '../../engine/engine.ts'
import type { CheckValue, FinalizeValue } from '../../shared/cli-output.ts'
import { TrancheError } from '../../shared/errors.ts'
import type { Proving, ProvingStep } from '../../shared/finalize-view.ts'
import { type Driving, told } from './driving.ts'
import type { TargetSession } from './target-session.ts'

const VERIFYING_CONNECTIONS = 2

export interface ProvingDesk {
  /** Throws already_running. */
  startVerify(migrationId: string): void
  startFinalize(migrationId: string, waive: Readonly<Record<string, string>>): void
  /** Throws not_running. */
  stop(migrationId: string): void
  isProving(migrationId: string): boolean
  close(): Promise<void>
}

interface Deed {
  readonly stop: AbortController
  readonly ended: Promise<void>
}

export function createProvingDesk(session: TargetSession, driving: Driving): ProvingDesk {
  const deeds = new Map<string, Deed>()

  const start = (migrationId: string, what: Proving['what'], act: (signal: AbortSignal) => Promise<Proving>): void => {
    if (deeds.has(migrationId)) {
      throw new TrancheError('already_running', `this console is at work on migration ${migrationId} already`, {
        remedy: 'Let it end, or stop it.',
      })
    }
    const stop = new AbortController()
    const put = (proving: Proving): void => {
      session.reader.views.setProving(migrationId, proving, { isUrgent: true })
    }
    put({ kind: 'running', what, sinceMs: Date.now(), step: null, checks: [], statements: [] })
    const ended = act(stop.signal)
      .catch((error: unknown): Proving => ({ kind: 'failed', what, atMs: Date.now(), error: told(error) }))
      .then((proving) => {
        deeds.delete(migrationId)
        put(proving)
        session.wake(migrationId, { isUrgent: true })
      })
    deeds.set(migrationId, { stop, ended })
  }
  return {
    startVerify(migrationId) {
      start(migrationId, 'verify', async (signal) => {
        const { engine, target } = session.openDriving(VERIFYING_CONNECTIONS)
        try {
          tellAnswers(session, engine, migrationId)
          const { holds } = await engine.verify(migrationId, { signal })
          return { kind: 'done', what: 'verify', atMs: Date.now(), holds }
        } finally {
          await target.close()
        }
      })
    },
    startFinalize(migrationId, waive) {
      start(migrationId, 'finalize', async (signal) => {
        const outcome = await driving.during(
          { runId: randomUUID(), migrationId, kind: 'finalize', parallel: 1 },
          (engine, halted) => {
            tellAnswers(session, engine, migrationId)
            return engine.finalize(migrationId, { waive, signal: AbortSignal.any([signal, halted]) })
          },
        )
        return { kind: 'done', what: 'finalize', atMs: Date.now(), outcome }
      })
    },
    stop(migrationId) {
      const deed = deeds.get(migrationId)
      if (deed === undefined) {
        throw new TrancheError('not_running', `this console neither verifies nor finalizes migration ${migrationId}`)
      }
      deed.stop.abort()
    },
    isProving: (migrationId) => deeds.has(migrationId),
    async close() {
      for (const { stop } of deeds.values()) stop.abort()
      await Promise.all([...deeds.values()].map(({ ended }) => ended))
    },
  }
}

function tellAnswers({ reader }: TargetSession, engine: Engine, migrationId: string): void {
  let step: ProvingStep | null = null
  const checks: CheckValue[] = []
  const statements: FinalizeValue['afterStatements'][number][] = []
  const tell = (): void => {
    const { proving } = reader.views.doingsOf(migrationId)
    if (proving?.kind !== 'running') return
    reader.views.setProving(migrationId, { ...proving, step, checks: [...checks], statements: [...statements] })
  }
  engine.on('check:began', ({ migrationId: _, ...began }) => {
    step = { ...began, sinceMs: Date.now() }
    tell()
  })
  engine.on('check:finished', ({ migrationId: _, ...check }) => {
    checks.push(check)
    tell()
  })
  engine.on('finalize:after', ({ statement, milliseconds }) => {
    step = null
    statements.push({ statement, milliseconds })
    tell()
  })
}
