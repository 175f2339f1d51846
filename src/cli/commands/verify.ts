import { TrancheError } from '../../shared/errors.ts'
import { verdictOf } from '../../shared/describe-verification.ts'
import { defineCommand, ONE_ID } from '../command.ts'
import { verificationText } from '../text/verification-text.ts'

export const verify = defineCommand({
  name: 'verify',
  operands: ONE_ID,
  flags: {},
  help: 'Runs the built-in checks and those of the author, and keeps the result. Exit 3 where a check does not hold. May be repeated at any time.',
  onSignal: 'end',
  async run({ operands: [reference = ''] }, session) {
    const { engine } = await session.open({ verb: 'verify', catalogue: 'needed' })
    const { id } = await engine.get(reference)
    const value = await engine.verify(id, { signal: session.signal })
    const text = verificationText(value)
    if (value.holds) return { value, text }
    const failing = value.checks
      .filter(({ holds }) => !holds)
      .map(({ name, expected, found }) => `"${name}" expected ${expected}, found ${found}`)
    const failure = new TrancheError('check_failed', `migration ${id}: ${verdictOf(value)} ${failing.join('; ')}`, {
      remedy: `Look at the rows above, or at: tranche failures ${id}`,
      details: { verification: value },
    })
    return { value, text, failure }
  },
})
