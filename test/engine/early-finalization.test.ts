import { describe, expect, it } from 'vitest'
import { loadedOf } from '../support/engine-ports.ts'
import { define, HIT, queued } from '../support/performed.ts'

describe('the early-finalization guard', () => {
  const stops = (requiredStops: readonly string[], milestone?: string) => {
    const definition = define(({ subBatch }) => HIT(subBatch), milestone === undefined ? {} : { milestone })
    return { definitions: { find: () => loadedOf(definition), list: () => [], requiredStops } }
  }

  it.each([
    ['17.2', ['16.11'], false],
    ['16.11', ['16.11'], true],
    ['16.10', ['16.11', '16.3'], true],
    ['17.10', ['17.9'], false],
    ['17.9', ['17.10', '17.5'], true],
    ['17.2', [], true],
    [undefined, ['16.11'], true],
  ])('of milestone %s with the required stops %j: may be finalized %s', async (milestone, requiredStops, isAllowed) => {
    const { another, migrationId } = await queued()
    const engine = another(stops(requiredStops, milestone))
    const outcome = await engine.finalize(migrationId).catch((error: unknown) => error)
    expect(outcome).toMatchObject(
      isAllowed
        ? { migration: { status: 'finalized' } }
        : { code: 'finalized_early', details: { milestone, lastStop: requiredStops[0] } },
    )
    // Refused before anything was run.
    if (!isAllowed) expect(await engine.get(migrationId)).toMatchObject({ status: 'active', jobs: { succeeded: 0 } })
  })

  it('is waived with a reason, which is kept', async () => {
    const { another, migrationId } = await queued()
    const engine = another(stops(['16.11'], '17.2'))
    const waive = { 'early-finalization': 'never released' }
    expect(await engine.finalize(migrationId, { waive })).toMatchObject({ migration: { status: 'finalized' } })
    expect((await engine.events(migrationId)).find(({ kind }) => kind === 'finalize')?.details).toMatchObject({ waive })
  })
})
