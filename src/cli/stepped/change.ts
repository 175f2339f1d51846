/** The verbs with which an operator changes stepped migrations. */
import { TrancheError } from '../../shared/errors.ts'
import type { SteppedMigrationValue, SteppedValue } from '../../shared/stepped-view.ts'
import type { Outcome } from '../command.ts'
import type { Input } from '../flags.ts'
import type { Session } from '../session.ts'

export type SteppedInput = Input<
  'once' | 'to-end' | 'reason' | 'all' | 'limit' | 'adapter' | 'prefix' | 'vectors' | 'indexing'
>

type Answer = Promise<Outcome<SteppedValue>>

export async function retryVersion(input: SteppedInput, session: Session): Answer {
  const version = oneVersion(input)
  const { engine, confirm } = await session.open({ verb: 'stepped', catalogue: 'welcome' })
  await confirm(`retry ${version}`)
  const migration = await engine.stepped.retry(version)
  return {
    value: { verb: 'retry', migration },
    text: `✓ ${nameOf(migration)} has its tries back; ${completedOf(migration)} stay completed. Run it with: tranche stepped work`,
  }
}

export async function skipVersion(input: SteppedInput, session: Session): Answer {
  const version = oneVersion(input)
  const reason = input.text('reason')?.trim() ?? ''
  if (reason === '') {
    throw new TrancheError('usage', 'tranche stepped skip needs --reason TEXT', {
      remedy: 'Say why: it is kept in the log.',
    })
  }
  const { engine, confirm } = await session.open({ verb: 'stepped', catalogue: 'welcome' })
  await confirm(`skip ${version}`)
  const migration = await engine.stepped.skip(version, reason)
  return { value: { verb: 'skip', migration }, text: `✓ ${nameOf(migration)} is skipped; what is behind it may run.` }
}

export async function resetVersions(input: SteppedInput, session: Session): Answer {
  const version = input.isSet('all') ? null : oneVersion(input)
  if (version === null && input.operands.length > 0) {
    throw new TrancheError('usage', 'a version and --all are given together', { remedy: 'Name one of them.' })
  }
  const { engine, confirm } = await session.open({ verb: 'stepped', catalogue: 'welcome' })
  await confirm(`reset ${version ?? 'all'}`)
  const migrations = await engine.stepped.reset(version)
  return {
    value: { verb: 'reset', migrations },
    text: `✓ ${migrations.map(nameOf).join(', ') || 'Nothing'} reset to pending: every operation runs again.`,
  }
}

export async function approveVersion(input: SteppedInput, session: Session): Answer {
  const version = oneVersion(input)
  const { engine, confirm } = await session.open({ verb: 'approve', catalogue: 'needed' })
  await confirm(version)
  const migration = await engine.stepped.approve(version)
  return {
    value: { verb: 'approve', migration },
    text: `✓ ${nameOf(migration)} is approved. Run it with: tranche stepped work`,
  }
}

export async function chooseConnection(input: SteppedInput, session: Session): Answer {
  const [name] = input.operands
  if (name === undefined)
    throw new TrancheError('usage', 'tranche stepped connect needs a NAME', { remedy: 'Name the connection.' })
  const [adapter, prefix] = [input.text('adapter'), input.text('prefix')]
  const vectorStorage = oneOf(input, 'vectors', ['vector', 'real'] as const)
  const indexing = oneOf(input, 'indexing', ['on', 'off'] as const)
  const { engine, confirm } = await session.open({ verb: 'stepped' })
  await confirm(`connect ${name}`)
  const connection = await engine.stepped.connect({
    name,
    ...(adapter === undefined ? {} : { adapter: adapter === 'main' ? null : adapter }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(vectorStorage === undefined ? {} : { vectorStorage }),
    ...(indexing === undefined ? {} : { isIndexingEnabled: indexing === 'on' }),
  })
  const where = connection.adapter ?? 'the target itself'
  return {
    value: { verb: 'connect', connection },
    text: `✓ The connection "${name}" is active: operations act on ${where}, tables begin with ${connection.prefix}_, vectors are ${connection.vectorStorage === 'real' ? 'real[] without an index' : 'of type vector'}, indexing is ${connection.isIndexingEnabled ? 'on' : 'off'}.`,
  }
}

export async function leaveConnection(_input: SteppedInput, session: Session): Answer {
  const { engine, confirm } = await session.open({ verb: 'stepped' })
  await confirm('disconnect')
  const connection = await engine.stepped.disconnect()
  return { value: { verb: 'disconnect', connection }, text: '✓ No connection is active: nothing runs.' }
}

function oneVersion({ operands: [version] }: SteppedInput): string {
  if (version !== undefined && /^\d{14}$/.test(version)) return version
  const found = version === undefined ? 'no version is given' : `${JSON.stringify(version)} is not a version`
  throw new TrancheError('usage', `${found}; expected 14 digits`, {
    remedy: 'tranche stepped list shows the versions.',
  })
}

function oneOf<const Choice extends string>(
  input: SteppedInput,
  flag: 'vectors' | 'indexing',
  choices: readonly Choice[],
): Choice | undefined {
  const text = input.text(flag)
  if (text === undefined) return undefined
  const choice = choices.find((each) => each === text)
  if (choice !== undefined) return choice
  throw new TrancheError('usage', `--${flag} is ${JSON.stringify(text)}; expected ${choices.join(' or ')}`, {
    remedy: `Give --${flag} one of them.`,
  })
}

export function nameOf({ version, name }: SteppedMigrationValue): string {
  return name === null ? version : `${name} (${version})`
}

function completedOf({ operations }: SteppedMigrationValue): string {
  const completed = operations.filter(({ completedAt }) => completedAt !== null)
  return `${String(completed.length)} of ${String(operations.length)} operations`
}
