/** Tells on stderr what a worker does between the ends of its runs: operations, copied and compared rows. */
import type { Engine } from '../../engine/engine.ts'
import { formatCount } from '../../shared/format-number.ts'
import { PLAIN_LINE_MS, tellRun } from '../narrate-run.ts'
import type { Session } from '../session.ts'

/** In the session's format; the returned function ends it. */
export function tellStepped(engine: Engine, session: Session): () => void {
  const { terminal, logger, logFormat } = session
  let toldAtMs = Date.now()
  const stops = [
    tellRun(engine, session),
    engine.on('stepped:told', ({ version, level, message }) => {
      if (logFormat === 'json') logger.log(level, message, { version })
      else terminal.note(`${level === 'warn' ? '!' : '·'} ${message}`)
    }),
    engine.on('stepped:compared', ({ version, table, pass, rows }) => {
      if (logFormat === 'json') return
      const line = `comparing ${table} for ${version}, pass ${String(pass)}: ${formatCount(rows)} rows`
      terminal.showProgress(line)
      if (terminal.isWatched || Date.now() - toldAtMs < PLAIN_LINE_MS) return
      toldAtMs = Date.now()
      terminal.note(`· ${line}`)
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}
