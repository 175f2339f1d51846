/** Gates before finalizing, from what the target says now. What finalizing itself settles is open, not failed. */
import type { LoadedDefinition } from '../../catalogue/definition.ts'
import { EARLY_FINALIZATION, findTooEarly } from '../../engine/early-finalization.ts'
import { statementView } from '../../engine/first-statement.ts'
import type { MigrationStateValue } from '../../shared/cli-output.ts'
import { newRowsOf, verdictOf } from '../../shared/describe-verification.ts'
import type { FinalizeGates, Gate, VerificationView } from '../../shared/finalize-view.ts'
import { countOf } from '../../shared/format-number.ts'
import { isPastRun } from '../../shared/status.ts'

interface Facts {
  readonly state: MigrationStateValue
  readonly verification: VerificationView | null
  /** undefined: the catalogue does not have it. */
  readonly loaded: LoadedDefinition | undefined
  readonly requiredStops: readonly string[]
}

export function readGates(facts: Facts): Pick<FinalizeGates, 'gates' | 'canFinalize' | 'effects'> {
  const gates = [
    jobsGate(facts),
    verificationGate(facts),
    newRowsGate(facts),
    runnersGate(facts),
    definitionGate(facts),
    requiredStopGate(facts),
  ]
  return { gates, canFinalize: gates.every(({ outcome }) => outcome !== 'failed'), effects: effectsOf(facts) }
}

function jobsGate({ state: { status, jobs } }: Facts): Gate {
  const name = 'jobs'
  if (isPastRun(status))
    return { name, outcome: 'holds', detail: `${countOf(jobs.succeeded, 'job')} succeeded, none is left`, remedy: null }
  const left = jobs.pending + jobs.running + jobs.retriable + jobs.blocked
  if (jobs.blocked > 0) return usedUpGate(jobs)
  const detail = `${status}: ${countOf(left, 'job')} not succeeded yet, and ranges may be left without one`
  return { name, outcome: 'open', detail, remedy: 'Finalizing runs the remainder inline; running it first shows more.' }
}

/** Finalizing tries them anew, but what made them fail three times is nothing that it settles. */
function usedUpGate({ blocked, retriable, pending, running }: MigrationStateValue['jobs']): Gate {
  const others = retriable + pending + running
  const more = others === 0 ? '' : `; ${countOf(others, 'other job')} not succeeded yet`
  return {
    name: 'jobs',
    outcome: 'unsettled',
    detail: `${countOf(blocked, 'job')} failed with all attempts used${more}`,
    remedy:
      'Finalizing gives each three attempts more and runs it inline. If one fails again, nothing is finalized and the migration is failed: mend the cause first.',
  }
}

function verificationGate({ verification }: Facts): Gate {
  const name = 'verification'
  const again = 'Finalizing runs every check again.'
  if (verification === null) return { name, outcome: 'open', detail: 'never verified', remedy: again }
  const verdict = verdictOf(verification)
  if (verification.isStale)
    return {
      name,
      outcome: 'open',
      detail: `stale: ${verification.staleBecause.join(', ')}. ${verdict}`,
      remedy: again,
    }
  if (verification.holds) return { name, outcome: 'holds', detail: verdict, remedy: null }
  return {
    name,
    outcome: 'failed',
    detail: verdict,
    remedy: 'Look at what the checks found, mend it, then verify again.',
  }
}

/** They are out of scope: told, and in nobody's way. */
function newRowsGate({ verification }: Facts): Gate {
  const name = 'new_rows'
  if (verification === null) return { name, outcome: 'open', detail: 'not counted yet', remedy: 'Verify counts them.' }
  return { name, outcome: 'holds', detail: newRowsOf(verification) ?? 'no row came after queueing', remedy: null }
}

function runnersGate({ state: { runners } }: Facts): Gate {
  const name = 'runners'
  const live = runners.filter(({ isLive }) => isLive)
  const [first] = live
  if (first === undefined) return { name, outcome: 'holds', detail: 'no runner of it is alive', remedy: null }
  return {
    name,
    outcome: 'failed',
    detail: `${countOf(live.length, 'runner')} of it, ${first.operator} on ${first.host} among them`,
    remedy: 'Stop the run, or wait until it has ended.',
  }
}

function definitionGate({ state, loaded }: Facts): Gate {
  const name = 'definition'
  if (loaded === undefined)
    return {
      name,
      outcome: 'failed',
      detail: `the catalogue has no ${state.jobClassName}`,
      remedy: 'Choose the catalogue from which it was queued.',
    }
  if (loaded.hash === state.definitionHash)
    return { name, outcome: 'holds', detail: `${loaded.file}, unchanged since it was queued`, remedy: null }
  return {
    name,
    outcome: 'failed',
    detail: `${loaded.file} changed since it was queued`,
    remedy: 'Put it and the files that it imports back as they were, or requeue the migration.',
  }
}

/** Of a catalogue that names no required stops, and of a definition without milestone, there is nothing to be said. */
function requiredStopGate({ state, loaded, requiredStops }: Facts): Gate {
  const name = 'required_stop'
  const milestone = loaded?.definition.milestone ?? null
  const tooEarly = loaded === undefined ? null : findTooEarly(loaded, { requiredStops })
  if (tooEarly === null)
    return {
      name,
      outcome: 'holds',
      detail:
        milestone === null || requiredStops.length === 0
          ? 'the catalogue names no milestone or no required stop'
          : `introduced in ${milestone}; the last required stop is not before that`,
      remedy: null,
    }
  return {
    name,
    outcome: 'failed',
    detail: `introduced in ${tooEarly.milestone}, after the last required stop ${tooEarly.lastStop}`,
    remedy: `Wait for the next required stop, or say why not: tranche finalize ${state.id} --waive ${EARLY_FINALIZATION} --reason TEXT`,
  }
}

function effectsOf({ state, loaded }: Facts): FinalizeGates['effects'] {
  const checks = loaded?.definition.verify.length ?? 0
  const retried =
    state.jobs.blocked === 0 ? '' : `Gives ${countOf(state.jobs.blocked, 'failed job')} three attempts more, then runs`
  const remainder =
    state.status === 'finished'
      ? []
      : [
          effect(
            'remainder',
            `${retried === '' ? 'Runs' : retried} what is left inline; a job that fails for good stops here`,
          ),
        ]
  return [
    ...remainder,
    effect(
      'verify',
      `Runs 2 built-in checks and ${countOf(checks, 'check')} of the definition; one that fails stops here`,
    ),
    ...(loaded?.definition.finalizeAfter ?? []).map((statement) => ({
      ...effect('statement', 'Runs a closing statement of the definition'),
      statement: statementView(statement).text,
    })),
    effect('seal', `Marks migration ${state.id} finalized and writes who confirmed it`),
  ]
}

function effect(kind: FinalizeGates['effects'][number]['kind'], detail: string): FinalizeGates['effects'][number] {
  return { kind, detail, statement: null }
}
