import { TrancheError } from '../../shared/errors.ts'
import { countOf } from '../../shared/format-number.ts'
import { defineCommand } from '../command.ts'

export const test = defineCommand({
  name: 'test',
  operands: { usage: 'DIR', min: 1, max: 1 },
  flags: {},
  help: 'Runs the *.test.ts of a catalogue on a PostgreSQL that is thrown away afterwards, or on the one that TRANCHE_TEST_URL names. Exit 3 where one fails.',
  onSignal: 'end',
  async run({ operands: [folder = ''] }, { terminal, signal }) {
    const { runTests } = await import('../../host/testing/run-tests.ts')
    terminal.showProgress('starting PostgreSQL')
    const value = await runTests({
      folder,
      env: process.env,
      signal,
      onTest: ({ file, name, isPassed, message, milliseconds }) => {
        terminal.note(`${isPassed ? '✓' : '✕'} ${file}: ${name} (${String(milliseconds)} ms)`)
        if (message !== null) terminal.note(message.replaceAll(/^/gm, '    '))
      },
    })
    const failed = value.tests.filter(({ isPassed }) => !isPassed)
    const text = `${countOf(value.tests.length, 'test')} on ${value.server}: ${String(value.tests.length - failed.length)} passed, ${String(failed.length)} failed.`
    if (failed.length === 0) return { value, text: `✓ ${text}` }
    const failure = new TrancheError('test_failed', `${countOf(failed.length, 'test')} failed`, {
      remedy: 'What each said stands above.',
      details: { report: value },
    })
    return { value, text: `✕ ${text}`, failure }
  },
})
