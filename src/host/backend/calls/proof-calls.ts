import { confirmationFor } from '../../../shared/confirmations.ts'
import type { ReportValue } from '../../../shared/cli-output.ts'
import { reportMarkdown } from '../../../shared/report-markdown.ts'
import { readGates } from '../finalize-gates.ts'
import type { TargetSession } from '../target-session.ts'
import { subjectOf } from '../ticket-subject.ts'
import type { CallParts, CallsOf } from './call-context.ts'

export function proofCalls({ desks, tickets }: CallParts): CallsOf<'verification' | 'finalize' | 'report'> {
  return {
    'verification.run': async ({ connectionId, migrationId }) => {
      const { session, proving, driving } = desks.get(connectionId)
      await driving.untilFree(migrationId)
      await session.catalogue.get()
      proving.startVerify(migrationId)
      return null
    },
    'verification.last': async ({ connectionId, migrationId }) => {
      const { session } = desks.get(connectionId)
      // GitLab keeps no proofs.
      if (session.head().isAttached) return null
      await session.catalogue.get()
      return session.engine().lastVerification(migrationId)
    },
    'verification.samples': async ({ connectionId, migrationId }) => {
      const { session } = desks.get(connectionId)
      // Without a catalogue it is not known which columns were meant: all of them are shown.
      await session.catalogue.get().catch(() => null)
      return session.engine().samples(migrationId)
    },
    'verification.stop': ({ connectionId, migrationId }) => {
      desks.get(connectionId).proving.stop(migrationId)
      return Promise.resolve(null)
    },
    'finalize.gates': async ({ connectionId, migrationId }) => {
      const { session } = desks.get(connectionId)
      const { catalogue } = await session.catalogue.get()
      const engine = session.engine()
      const state = await engine.get(migrationId)
      const verification = await engine.lastVerification(migrationId)
      return {
        ...readGates({
          state,
          verification,
          loaded: catalogue.find(state.jobClassName),
          requiredStops: catalogue.requiredStops,
        }),
        confirmation: confirmationFor('finalize', session.connection.environment),
        readAtMs: Date.now(),
      }
    },
    'finalize.begin': async ({ connectionId, migrationId }) => {
      const { session } = desks.get(connectionId)
      return tickets.issue(await subjectOf(session, 'finalize', migrationId))
    },
    'finalize.submit': async ({ connectionId, migrationId, nonce, phrase, waive }) => {
      const { session, proving, driving } = desks.get(connectionId)
      await driving.untilFree(migrationId)
      tickets.redeem({ nonce, phrase }, await subjectOf(session, 'finalize', migrationId))
      await session.catalogue.get()
      proving.startFinalize(migrationId, waive)
      return null
    },
    'report.markdown': async ({ connectionId, migrationId }) => {
      const data = await reportOf(desks.get(connectionId).session, migrationId)
      return { fileName: `${reportName(data)}.md`, text: reportMarkdown(data) }
    },
    'report.json': async ({ connectionId, migrationId }) => {
      const data = await reportOf(desks.get(connectionId).session, migrationId)
      return { fileName: `${reportName(data)}.json`, text: `${JSON.stringify(data, null, 2)}\n` }
    },
  }
}

/** Without a catalogue the report lacks the description, nothing else. */
async function reportOf(session: TargetSession, migrationId: string): Promise<ReportValue> {
  await session.catalogue.get().catch(() => null)
  return session.engine().report(migrationId)
}

function reportName({ migration, generatedAt }: ReportValue): string {
  return `${migration.jobClassName.replaceAll(/\W+/g, '-')}-${migration.id}-${generatedAt.slice(0, 10)}`
}
