import type { KnobChanges } from '../../engine/types.ts'
import { TrancheError } from '../../shared/errors.ts'
import { formatCount } from '../../shared/format-number.ts'
import { defineCommand } from '../command.ts'
import { parseWhole } from '../flags.ts'
import { shownId } from '../subject.ts'
import { suggest } from '../suggest.ts'

const KNOBS = {
  'batch-size': 'batchSize',
  'sub-batch-size': 'subBatchSize',
  'max-batch-size': 'maxBatchSize',
  interval: 'intervalSeconds',
  'pause-ms': 'pauseMs',
} as const satisfies Record<string, keyof KnobChanges>

const NAMES = Object.keys(KNOBS)

export const set = defineCommand({
  name: 'set',
  operands: { usage: 'ID KEY=VALUE…', min: 2, max: 2 + NAMES.length },
  flags: {},
  help: `Changes knobs from the next job on: ${NAMES.join(', ')}. max-batch-size=none takes the limit away.`,
  onSignal: 'leave',
  async run({ operands: [reference = '', ...pairs] }, session) {
    const changes = parseKnobs(pairs)
    const { engine, confirm } = await session.open({ verb: 'set' })
    const { id, jobClassName } = await engine.get(reference)
    await confirm(jobClassName)
    const value = await engine.set(id, changes)
    const { batchSize, subBatchSize, maxBatchSize, intervalSeconds, pauseMs } = value
    const most = maxBatchSize === null ? '' : ` (at most ${formatCount(maxBatchSize)})`
    return {
      value,
      text: `✓ ${jobClassName} (${shownId(value)}), from its next job on: batch size ${formatCount(batchSize)}${most}, sub-batch size ${formatCount(subBatchSize)}, interval ${String(intervalSeconds)} s, pause ${String(pauseMs)} ms.`,
    }
  },
})

/** Throws usage on an unknown knob, a repeated one, and a value that is no whole number. */
export function parseKnobs(pairs: readonly string[]): KnobChanges {
  const changes: Partial<Record<keyof KnobChanges, number | null>> = {}
  for (const pair of pairs) {
    const [name = '', ...rest] = pair.split('=')
    const knob = Object.hasOwn(KNOBS, name) ? KNOBS[name as keyof typeof KNOBS] : undefined
    if (knob === undefined || rest.length === 0) throw unknownKnob(pair, name)
    if (knob in changes) throw new TrancheError('usage', `${name} is given twice`, { remedy: 'Give it once.' })
    const value = rest.join('=')
    changes[knob] = knob === 'maxBatchSize' && value === 'none' ? null : parseWhole(name, value)
  }
  return changes as KnobChanges // only maxBatchSize is ever null
}

function unknownKnob(pair: string, name: string): TrancheError {
  const near = suggest(name, NAMES)
  return new TrancheError('usage', `${JSON.stringify(pair)} is not KEY=VALUE with a known key`, {
    remedy:
      near === null || near === name ? `Keys: ${NAMES.join(', ')}; as in batch-size=5000.` : `Did you mean ${near}=…?`,
  })
}
