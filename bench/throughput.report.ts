/** The tables of throughput.ts, and how they stand to what the engine has to reach. */
export interface Setting {
  readonly title: string
  readonly rows: number
  readonly subBatchSize: number
  readonly delayMs: number
}

export interface Measured {
  readonly seconds: number
  /** CPU of the server's sessions; NaN where they are out of sight. */
  readonly serverCpuSeconds: number
  readonly clientCpuSeconds: number
  readonly peakMegabytes: number
  readonly walMegabytes: number
}

type Runs = ReadonlyMap<string, readonly Measured[]>

const count = new Intl.NumberFormat('en-US')

export function formatTable({ title, rows }: Setting, runs: Runs, rounds: number): string {
  const single = middle(runs, 'single statement')
  const loop = middle(runs, 'plpgsql loop')
  const lines = [...runs].map(([name, measured]) => {
    const seconds = measured.map((one) => one.seconds)
    const { seconds: at, walMegabytes, peakMegabytes, serverCpuSeconds, clientCpuSeconds } = middle(runs, name)
    return [
      name,
      `${at.toFixed(2)} [${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)}]`,
      count.format(Math.round(rows / at)),
      (loop.seconds / at).toFixed(2),
      (single.seconds / at).toFixed(2),
      (walMegabytes / single.walMegabytes).toFixed(2),
      `${serverCpuSeconds.toFixed(1)} + ${clientCpuSeconds.toFixed(1)}`,
      peakMegabytes.toFixed(0),
    ].join(' | ')
  })
  return [
    `**${title}**: ${count.format(rows)} rows, medians of ${String(rounds)} rounds`,
    '',
    '| | s [min–max] | rows/s | ratio to the loop | ratio to the single statement | WAL to the single statement | CPU s, server + client | peak MB |',
    '|---|---|---|---|---|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
    '',
  ].join('\n')
}

/** One line for each thing to reach in this setting. */
export function judge({ subBatchSize, delayMs, title }: Setting, runs: Runs): readonly string[] {
  const loop = middle(runs, 'plpgsql loop').seconds
  const engine = middle(runs, 'engine')
  const alone = middle(runs, 'engine, one at a time')
  const say = (what: string, reached: number, wanted: number, isAtMost = false): string => {
    const holds = isAtMost ? reached <= wanted : reached >= wanted
    return `${holds ? 'reached' : 'missed'}: ${title}: ${what} ${reached.toFixed(2)} (${isAtMost ? 'at most' : 'at least'} ${String(wanted)})`
  }
  const lines: string[] = []
  if (delayMs === 0 && subBatchSize === 1000) {
    lines.push(say('one at a time, ratio to the loop', loop / alone.seconds, 0.85))
    lines.push(say('several in the air, ratio to the loop', loop / engine.seconds, 0.88))
  }
  if (delayMs === 0 && subBatchSize === 100) {
    lines.push(say('several in the air, ratio to the loop', loop / engine.seconds, 0.75))
  }
  if (delayMs > 0 && subBatchSize === 100) {
    lines.push(say('times as fast as EachBatch', middle(runs, 'EachBatch').seconds / engine.seconds, 5))
  }
  const wal = engine.walMegabytes / middle(runs, 'single statement').walMegabytes
  lines.push(say('WAL to the single statement', wal, 1.05, true))
  lines.push(say('peak megabytes of the engine’s process', engine.peakMegabytes, 120, true))
  return lines
}

function middle(runs: Runs, name: string): Measured {
  const measured = runs.get(name) ?? []
  return {
    seconds: median(measured.map(({ seconds }) => seconds)),
    serverCpuSeconds: median(measured.map(({ serverCpuSeconds }) => serverCpuSeconds)),
    clientCpuSeconds: median(measured.map(({ clientCpuSeconds }) => clientCpuSeconds)),
    peakMegabytes: median(measured.map(({ peakMegabytes }) => peakMegabytes)),
    walMegabytes: median(measured.map(({ walMegabytes }) => walMegabytes)),
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const at = Math.floor(sorted.length / 2)
  const upper = sorted[at] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[at - 1] ?? Number.NaN) + upper) / 2
}
