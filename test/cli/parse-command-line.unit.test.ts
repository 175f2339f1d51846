import { expect, test } from 'vitest'
import { parseKnobs } from '../../src/cli/commands/set.ts'
import { parseWaivers } from '../../src/cli/commands/finalize.ts'
import { COMMAND_NAMES, COMMANDS } from '../../src/cli/commands.ts'
import { createInput, type Flags } from '../../src/cli/flags.ts'
import { commandHelp, generalHelp } from '../../src/cli/help.ts'
import { findCommandWord, parseFlags } from '../../src/cli/parse-command-line.ts'
import { suggest } from '../../src/cli/suggest.ts'

const FLAGS = {
  jobs: { value: 'N', help: '' },
  min: { value: 'KEY', help: '' },
  paced: { help: '' },
  waive: { value: 'CHECK', help: '', isRepeatable: true },
} as const satisfies Flags

function parse(...args: readonly string[]): unknown {
  const { operands, given } = parseFlags('run', args, FLAGS)
  return { operands, given: Object.fromEntries(given) }
}

test('global flags stand before or after the command', () => {
  expect(findCommandWord(['--target', 'postgres://x', '--json', 'run', '3'])).toEqual({
    name: 'run',
    rest: ['--target', 'postgres://x', '--json', '3'],
  })
  expect(findCommandWord(['run', '3', '--json'])).toEqual({ name: 'run', rest: ['3', '--json'] })
  expect(findCommandWord(['--help'])).toEqual({ name: null, rest: ['--help'] })
  expect(() => findCommandWord(['--jobs', '3', 'run'])).toThrow('--jobs is not a flag of tranche itself')
})

test('flags are values, switches and lists', () => {
  expect(parse('3', '--jobs', '5', '--paced', '--waive', 'a', '--waive=b', '--json')).toEqual({
    operands: ['3'],
    given: { jobs: ['5'], paced: [true], waive: ['a', 'b'], json: [true] },
  })
  expect(parse('--min', '-5')).toMatchObject({ given: { min: ['-5'] } })
  expect(parse('--', '--jobs')).toEqual({ operands: ['--jobs'], given: {} })
})

test.each([
  [['--jbos', '3'], 'no flag --jbos'],
  [['--jobs'], '--jobs needs a value'],
  [['--jobs', '--paced'], '--jobs needs a value'],
  [['--jobs='], '--jobs needs a value'],
  [['--jobs', '1', '--jobs', '2'], '--jobs is given twice'],
  [['--paced=yes'], '--paced takes no value'],
  [['--constructor'], 'no flag --constructor'],
  [['-x'], 'no flag -x'],
])('%j is refused', (args, message) => {
  expect(() => parse(...args)).toThrow(message)
})

test.each(['1e3', '0x10', ' 7', '7.0', '-1', '', '99999999999999999999'])('%j is no whole number', (text) => {
  expect(() => createInput([], new Map([['jobs', [text]]])).whole('jobs')).toThrow('expected a whole number')
})

test('knobs are pairs with a known key', () => {
  expect(parseKnobs(['batch-size=5', 'max-batch-size=none', 'pause-ms=0'])).toEqual({
    batchSize: 5,
    maxBatchSize: null,
    pauseMs: 0,
  })
  for (const pair of ['batch-size', 'batch-size=', 'pause-ms=none', 'toString=1', '='])
    expect(() => parseKnobs([pair])).toThrow()
  expect(() => parseKnobs(['interval=1', 'interval=2'])).toThrow('given twice')
})

test('each waived check has a reason of its own', () => {
  expect(parseWaivers(['a', 'b'], ['one', 'two'])).toEqual({ a: 'one', b: 'two' })
  for (const [checks, reasons] of [
    [['a'], []],
    [[], ['one']],
    [['a'], [' ']],
    [
      ['a', 'a'],
      ['one', 'two'],
    ],
  ] as const) {
    expect(() => parseWaivers(checks, reasons)).toThrow()
  }
})

test('a name is suggested where it is near enough to be meant', () => {
  expect(suggest('stauts', COMMAND_NAMES)).toBe('status')
  expect(suggest('verfiy', COMMAND_NAMES)).toBe('verify')
  expect(suggest('frobnicate', COMMAND_NAMES)).toBeNull()
})

test('every command is in the help, under its own name', async () => {
  for (const name of COMMAND_NAMES) {
    const command = await COMMANDS[name].load()
    expect(command.name).toBe(name)
    expect(generalHelp()).toContain(`  ${name} `)
    expect(commandHelp(command)).toContain(`tranche ${name}`)
  }
})
