/** The command line's process: streams, signals and what nobody caught. Everything else is in run-command-line.ts. */
import { Console } from 'node:console'
import { watchFaults } from '../host/system/watch-faults.ts'
import { EXIT } from '../shared/errors.ts'
import { answerAtOnce } from './answer.ts'
import { createJsonLogger } from '../host/system/json-logger.ts'
import { jsonTerminal } from './json-log.ts'
import { wantsJsonLog } from './log-format.ts'
import { createLogger } from './logger.ts'
import { runCommandLine, wantsJson } from './run-command-line.ts'
import { watchStopSignals } from './stop-signals.ts'
import { createTerminal } from './terminal.ts'

const args = process.argv.slice(2)
const isJson = wantsJson(args)
// pg reads some variables of its own accord; what we read is what was there at the start.
const env = { ...process.env }
const plain = createTerminal({ ...streams(), env })
const jsonLogger = wantsJsonLog(args, env)
  ? createJsonLogger((line) => plain.note(line), env.TRANCHE_DEBUG === '1')
  : null
const terminal = jsonLogger === null ? plain : jsonTerminal(plain, jsonLogger)
// Definitions may use console.log; stdout is not theirs.
globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr })

const stop = watchStopSignals({
  onSecond: (error, exitCode) => {
    answerAtOnce(error, isJson)
    process.exit(exitCode)
  },
})

watchFaults({
  onFault: (thrown) => {
    stop.fail(thrown)
  },
  onStuck: () => {
    answerAtOnce(stop.fault()?.thrown, isJson)
    process.exit(EXIT.unexpected)
  },
})

const exitCode = await runCommandLine(args, { env, terminal, logger: jsonLogger ?? createLogger(terminal, env), stop })
await terminal.flush()
process.exit(exitCode)

function streams(): Pick<typeof process, 'stdin' | 'stdout' | 'stderr'> {
  const { stdin, stdout, stderr } = process
  return { stdin, stdout, stderr }
}
