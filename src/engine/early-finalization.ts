/**
 * The early-finalization guard (GitLab's): a migration that was introduced after the last required upgrade stop may not be
 * finalized yet, since an installation that skips releases between two stops would meet the finalizing release first.
 */
import type { LoadedDefinition } from '../catalogue/definition.ts'
import { TrancheError } from '../shared/errors.ts'
import type { DefinitionSource } from './ports.ts'

/** The name under which the guard is waived, as a check is. */
export const EARLY_FINALIZATION = 'early-finalization'

export interface TooEarly {
  readonly milestone: string
  readonly lastStop: string
}

/** null where it may be finalized: its milestone is at or before the last required stop, or one of the two is not told. */
export function findTooEarly(
  { definition }: LoadedDefinition,
  { requiredStops = [] }: Pick<DefinitionSource, 'requiredStops'>,
): TooEarly | null {
  const { milestone } = definition
  const lastStop = [...requiredStops].sort(compareReleases).at(-1)
  if (milestone === null || lastStop === undefined || compareReleases(milestone, lastStop) <= 0) return null
  return { milestone, lastStop }
}

/** Throws finalized_early unless the guard holds or is waived. */
export function assertNotTooEarly(
  loaded: LoadedDefinition,
  definitions: DefinitionSource,
  { migrationId, isWaived }: { readonly migrationId: string; readonly isWaived: boolean },
): void {
  const tooEarly = findTooEarly(loaded, definitions)
  if (tooEarly === null || isWaived) return
  const { milestone, lastStop } = tooEarly
  throw new TrancheError(
    'finalized_early',
    `${loaded.definition.jobClassName} was introduced in ${milestone}, after the last required stop ${lastStop}: an upgrade that goes from stop to stop would meet its end before its beginning`,
    {
      remedy: `Finalize it once a required stop from ${milestone} on is in tranche.config.json, or say why not: tranche finalize ${migrationId} --waive ${EARLY_FINALIZATION} --reason TEXT`,
      details: { milestone, lastStop },
    },
  )
}

/** `17.10` is later than `17.9`. */
function compareReleases(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number)
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number)
  return leftMajor - rightMajor || leftMinor - rightMinor
}
