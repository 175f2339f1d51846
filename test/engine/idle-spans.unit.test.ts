import { expect, it } from 'vitest'
import { type DrivingEntry, idleSpans } from '../../src/engine/idle-spans.ts'

const entry = (kind: DrivingEntry['kind'], atSeconds: number): DrivingEntry => ({ kind, atSeconds })
const started = (startedAtSeconds: number) => ({
  startedAtSeconds,
  finishedAtSeconds: startedAtSeconds + 1,
  scanned: 1,
})

it('counts a pause until somebody resumes it, and a stop until the next run', () => {
  const entries = [
    entry('run', 0),
    entry('pause', 10),
    entry('run_ended', 11),
    entry('resume', 40),
    entry('run', 41),
    entry('run_ended', 50),
    entry('run', 80),
  ]

  expect(idleSpans(entries, [], 100)).toEqual([
    { fromSeconds: 10, toSeconds: 40 },
    { fromSeconds: 50, toSeconds: 80 },
  ])
})

it('does not count the end of one run while another goes on', () => {
  expect(idleSpans([entry('run', 0), entry('run', 1), entry('run_ended', 5)], [], 100)).toEqual([])
})

it('ends with the next job, whoever starts it', () => {
  const entries = [entry('run', 0), entry('run_ended', 5)]

  expect(idleSpans(entries, [started(3), started(30), started(60)], 100)).toEqual([{ fromSeconds: 5, toSeconds: 30 }])
  expect(idleSpans(entries, [started(3)], 100)).toEqual([{ fromSeconds: 5, toSeconds: 100 }])
})
