import { expect, it } from 'vitest'
import { createHistogram, createMetric } from '../../../src/host/metrics/exposition.ts'

it('writes gauges and counters with their labels, escaped', () => {
  const metric = createMetric({ name: 'rows_total', help: 'Rows.' }, 'counter')
  metric.add({ of: 'a"b\\c\nd' }, 2)
  metric.add({ of: 'a"b\\c\nd' }, 3)
  expect(metric.text()).toBe('# HELP rows_total Rows.\n# TYPE rows_total counter\nrows_total{of="a\\"b\\\\c\\nd"} 5\n')
})

it('counts a histogram up to each bound, inclusive', () => {
  const histogram = createHistogram({ name: 'seconds', help: 'Durations.' }, [0.1, 1])
  for (const value of [0.1, 0.5, 7]) histogram.observe({ operation: 'perform' }, value)
  expect(histogram.text()).toBe(
    [
      '# HELP seconds Durations.',
      '# TYPE seconds histogram',
      'seconds_bucket{operation="perform",le="0.1"} 1',
      'seconds_bucket{operation="perform",le="1"} 2',
      'seconds_bucket{operation="perform",le="+Inf"} 3',
      'seconds_sum{operation="perform"} 7.6',
      'seconds_count{operation="perform"} 3',
      '',
    ].join('\n'),
  )
})
