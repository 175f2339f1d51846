/** Metrics in Prometheus' text format, version 0.0.4. */
export type Labels = Readonly<Record<string, string>>

export interface Metric {
  /** Sets, or adds to, the series of these labels. */
  set(labels: Labels, value: number): void
  add(labels: Labels, value: number): void
  text(): string
}

export interface Histogram {
  observe(labels: Labels, value: number): void
  text(): string
}

interface Naming {
  readonly name: string
  readonly help: string
}

export function createMetric({ name, help }: Naming, type: 'gauge' | 'counter'): Metric {
  const series = new Map<string, number>()
  return {
    set(labels, value) {
      series.set(labelText(labels), value)
    },
    add(labels, value) {
      const key = labelText(labels)
      series.set(key, (series.get(key) ?? 0) + value)
    },
    text: () =>
      block(
        { name, help },
        type,
        [...series].map(([labels, value]) => `${name}${labels} ${String(value)}`),
      ),
  }
}

/** Buckets are upper bounds, inclusive, ascending; each line counts everything up to its bound. */
export function createHistogram({ name, help }: Naming, buckets: readonly number[]): Histogram {
  const series = new Map<string, { readonly labels: Labels; readonly counts: number[]; sum: number; count: number }>()
  return {
    observe(labels, value) {
      const key = labelText(labels)
      const found = series.get(key) ?? { labels, counts: buckets.map(() => 0), sum: 0, count: 0 }
      series.set(key, found)
      buckets.forEach((bound, index) => {
        if (value <= bound) found.counts[index] = (found.counts[index] ?? 0) + 1
      })
      found.sum += value
      found.count += 1
    },
    text: () =>
      block(
        { name, help },
        'histogram',
        [...series.values()].flatMap(({ labels, counts, sum, count }) => [
          ...buckets.map((bound, index) => bucketLine(name, { ...labels, le: String(bound) }, counts[index] ?? 0)),
          bucketLine(name, { ...labels, le: '+Inf' }, count),
          `${name}_sum${labelText(labels)} ${String(sum)}`,
          `${name}_count${labelText(labels)} ${String(count)}`,
        ]),
      ),
  }
}

function bucketLine(name: string, labels: Labels, count: number): string {
  return `${name}_bucket${labelText(labels)} ${String(count)}`
}

function block({ name, help }: Naming, type: string, lines: readonly string[]): string {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].map((line) => `${line}\n`).join('')
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
