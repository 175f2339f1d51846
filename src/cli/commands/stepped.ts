import { TrancheError } from '../../shared/errors.ts'
import type { SteppedValue } from '../../shared/stepped-view.ts'
import { defineCommand, type Outcome } from '../command.ts'
import type { Session } from '../session.ts'
import {
  approveVersion,
  chooseConnection,
  leaveConnection,
  resetVersions,
  retryVersion,
  skipVersion,
  type SteppedInput,
} from '../stepped/change.ts'
import { listVersions, showLogs } from '../stepped/show.ts'
import { workVersions } from '../stepped/work.ts'
import { suggest } from '../suggest.ts'

type Verb = (input: SteppedInput, session: Session) => Promise<Outcome<SteppedValue>>

const VERBS: Readonly<Record<string, Verb>> = {
  list: listVersions,
  work: workVersions,
  retry: retryVersion,
  skip: skipVersion,
  reset: resetVersions,
  approve: approveVersion,
  logs: showLogs,
  connect: chooseConnection,
  disconnect: leaveConnection,
}

export const stepped = defineCommand({
  name: 'stepped',
  operands: { usage: 'list|work|retry|skip|reset|approve|logs|connect|disconnect [VERSION|NAME]', min: 1, max: 2 },
  flags: {
    once: { help: 'work: one run, in which at most one migration advances' },
    'to-end': { help: 'work: end when nothing is left to do by itself' },
    reason: { value: 'TEXT', help: 'skip: why, for the log' },
    all: { help: 'reset: every migration of the active connection; logs: the lines of every connection' },
    limit: { value: 'N', help: 'logs: the newest so many lines (200)' },
    adapter: { value: 'URL', help: 'connect: the database on which operations act; `main` is the target itself' },
    prefix: { value: 'NAME', help: 'connect: tables of collections begin with it (gitlab_active_context)' },
    vectors: { value: 'TYPE', help: 'connect: vector, or real for lists without an index where there is no pgvector' },
    indexing: { value: 'on|off', help: 'connect: off: nothing runs' },
  },
  help: [
    'Ordered, version-numbered migrations made of operations, on the active connection.',
    'list: records, files and operations. work: the worker; one migration advances at a time, the lowest version first, nothing behind a failed one.',
    'retry VERSION: tries again behind what is completed. skip VERSION --reason TEXT: passes over it for good. reset VERSION|--all: every operation anew.',
    'approve VERSION: agrees to what a migration would drop. logs [VERSION] [--all]. connect NAME, disconnect: the database on which operations act.',
  ].join('\n'),
  onSignal: 'release',
  run(input, session) {
    const [verb = '', ...operands] = input.operands
    const run = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
    if (run !== undefined) return run({ ...input, operands }, session)
    const near = suggest(verb, Object.keys(VERBS))
    throw new TrancheError('usage', `tranche stepped has no verb ${JSON.stringify(verb)}`, {
      remedy: near === null ? `It has: ${Object.keys(VERBS).join(', ')}.` : `Did you mean ${near}?`,
    })
  },
})
