/**
 * The only list of calls between a page and the backend. An input is a schema, because it crosses a trust boundary; an
 * output is a type, because we produce it. Ids, keys and cursors are strings, times are milliseconds (…AtMs) or ISO text.
 * Errors are `AppError`s. Long work returns at once and is told by events; `app.snapshot` has the state behind them.
 */
import { z } from 'zod'
import type { ArchivedValue } from './archived-value.ts'
import type { AppSnapshot, TargetView } from './app-state.ts'
import type { CatalogueView, Dossier } from './catalogue-view.ts'
import type { FailuresValue, MigrationStateValue, MigrationValue, SampleValue } from './cli-output.ts'
import {
  ConnectionDraft,
  ConnectionId,
  type ConnectionTest,
  type ConnectionView,
  type PasswordSource,
} from './connection-view.ts'
import { ENVIRONMENTS } from './confirmations.ts'
import { HealthSettings } from './health-settings.ts'
import type { HealthReading } from './health.ts'
import type { FinalizeGates, FinalizeTicket, VerificationView } from './finalize-view.ts'
import type { JournalEntry, MigrationCopy, RunView, TransitionView } from './history-view.ts'
import type { JobCell, JobDetail, Page } from './job-view.ts'
import type { HasOnQuarantine, QuarantinedRowValue } from './quarantine-view.ts'
import { QueueInput, type QueuePlan } from './queue-plan.ts'
import { RETRY_SIZES } from './retry-size.ts'
import { createClientOf, createServerOf, type ClientOf, type HandlersOf, takes, type Transport } from './rpc.ts'
import type { ReplicaView, SessionView } from './session-view.ts'
import { Settings } from './settings.ts'
import { steppedContract } from './stepped-contract.ts'

const Id = z.string().regex(/^\d{1,18}$/, { error: 'expected an id' })
const Cursor = z.string().min(1).max(200)
const Folder = z.string().trim().min(1).max(4_000)
const JobClassName = z.string().min(1).max(100)
/** The operator answered the plain question of confirmations.ts with yes. Without it production answers confirmation_required. */
const isConfirmed = z.boolean().default(false)

const OfConnection = z.strictObject({ connectionId: ConnectionId })
const OfMigration = OfConnection.extend({ migrationId: Id })
const limit = z.int().min(1).max(500).default(100)
const Nothing = z.undefined()
/** The answer to a ticket. */
const Confirmed = { nonce: z.string().max(64), phrase: z.string().max(400).nullable().default(null) }

export const contract = {
  /** The whole state with its revision; ask after subscribing, and again after a gap. */
  'app.snapshot': takes(Nothing).returns<AppSnapshot>(),

  'settings.get': takes(Nothing).returns<Settings>(),
  'settings.set': takes(z.strictObject(Settings.partial().shape)).returns<Settings>(),

  /** Saved connections and the practice database, by name. */
  'connections.list': takes(Nothing).returns<readonly ConnectionView[]>(),
  'connections.add': takes(ConnectionDraft).returns<ConnectionView>(),
  /**
   * The whole of it anew. Refused (already_running) while its target is open, and (confirmation_required) where it takes
   * production away without the answer to a ticket.
   */
  'connections.change': takes(
    ConnectionDraft.extend({
      connectionId: ConnectionId,
      confirmed: z.strictObject(Confirmed).nullable().default(null),
    }),
  ).returns<ConnectionView>(),
  /** A nonce to give a connection of production this other environment, and the phrase to be typed. */
  'connections.beginLowering': takes(
    OfConnection.extend({ environment: z.enum(ENVIRONMENTS) }),
  ).returns<FinalizeTicket>(),
  /** Forgets it; its history stays readable. Refused while the target is open, or another connection maps a database to it. */
  'connections.remove': takes(OfConnection).returns<null>(),
  /** Nine questions to a server, within 15 s, of a draft that need not be saved. Nothing is written there. */
  'connections.testDraft': takes(ConnectionDraft).returns<ConnectionTest>(),
  'connections.test': takes(
    OfConnection.extend({ password: z.string().max(4_000).optional() }),
  ).returns<ConnectionTest>(),
  /** Opens its target: the first answer, good or bad, decides `link`. A password is kept as the settings say. Opening twice is one. */
  'connections.open': takes(OfConnection.extend({ password: z.string().max(4_000).optional() })).returns<TargetView>(),
  /** Stops what this console runs there (the sub-batch in hand ends first), then disconnects. */
  'connections.close': takes(OfConnection).returns<null>(),
  /** Sessions of ours in the target, and who keeps one of them waiting. */
  'connections.sessions': takes(OfConnection).returns<{
    readonly sessions: readonly SessionView[]
    readonly readAtMs: number
  }>(),
  /** How far behind the replicas of the target are. Refused by a standby. */
  'connections.replicas': takes(OfConnection).returns<{ readonly replicas: readonly ReplicaView[] }>(),
  /** Asks a lost or refused target at once instead of waiting for the next try. */
  'connections.retry': takes(OfConnection).returns<null>(),
  /** Thresholds of the health indicators on this connection. */
  'connections.health': takes(OfConnection).returns<HealthSettings>(),
  /** All of them anew; they count at once, also for what runs. What is left out is its default. */
  'connections.setHealth': takes(OfConnection.extend({ health: HealthSettings })).returns<HealthSettings>(),
  'connections.passwordSource': takes(OfConnection).returns<PasswordSource>(),

  /** Starts the private PostgreSQL with its data; progress and end are in `state.practice`. Adopts one that runs. */
  'practice.start': takes(Nothing).returns<null>(),

  /** Installs the tracking schema; idempotent. */
  'tracking.install': takes(OfConnection.extend({ isConfirmed })).returns<{
    readonly installed: boolean
    readonly schema: string
  }>(),
  /** The SQL that install runs, for a DBA. */
  'tracking.sql': takes(OfConnection).returns<{ readonly sql: string }>(),

  /** Definitions of the connection's folder with their state on this target, and the files that cannot be used. */
  'catalogue.list': takes(OfConnection).returns<CatalogueView>(),
  /** Reads the folder again, edits included. What runs keeps the definitions that it began with. */
  'catalogue.reload': takes(OfConnection).returns<CatalogueView>(),
  /** Chooses the folder. Refused while this console drives something on that connection. */
  'catalogue.choose': takes(OfConnection.extend({ folder: Folder })).returns<CatalogueView>(),
  /** One definition in full, with the SQL of its first sub-batch. */
  'catalogue.dossier': takes(OfConnection.extend({ jobClassName: JobClassName })).returns<Dossier>(),

  /** Bounds, estimate, knobs, SQL and preflight; writes nothing. Input errors of the form come as invalid_arguments, invalid_setting. */
  'queue.plan': takes(OfConnection.extend(QueueInput.shape)).returns<QueuePlan>(),
  /** Queues what was planned. `definitionHash` of the plan: another one by now answers definition_drift. */
  'queue.submit': takes(
    OfConnection.extend({ ...QueueInput.shape, definitionHash: z.string().max(64), isConfirmed }),
  ).returns<{
    readonly duplicate: boolean
    readonly migration: MigrationValue
  }>(),

  /** All migrations of the target, read now. */
  'migrations.list': takes(OfConnection).returns<readonly MigrationStateValue[]>(),
  'migrations.get': takes(OfMigration).returns<MigrationStateValue>(),
  /** Asks every health indicator about its table, now; changes nothing. */
  'migrations.health': takes(OfMigration).returns<{
    readonly readings: readonly HealthReading[]
    readonly readAtMs: number
  }>(),
  /** This page looks at that migration (null: at none): it is read each second, and `jobs` events are sent. Ends with the page. */
  'migrations.watch': takes(OfConnection.extend({ migrationId: Id.nullable() })).returns<null>(),
  'migrations.pause': takes(OfMigration).returns<MigrationValue>(),
  'migrations.resume': takes(OfMigration.extend({ isConfirmed })).returns<MigrationValue>(),
  /** Knobs, from the next job on. */
  'migrations.set': takes(
    OfMigration.extend({
      batchSize: QueueInput.shape.batchSize,
      subBatchSize: QueueInput.shape.subBatchSize,
      maxBatchSize: QueueInput.shape.maxBatchSize.unwrap().nullable().optional(),
      intervalSeconds: QueueInput.shape.intervalSeconds,
      pauseMs: QueueInput.shape.pauseMs,
    }),
  ).returns<MigrationValue>(),
  /** Gives failed jobs their attempts back, all of them or one job's or one group's; cursors stay. */
  'migrations.retry': takes(
    OfMigration.extend({
      jobId: Id.optional(),
      group: z.string().max(64).optional(),
      /** rows: with sub-batches of one row. */
      size: z.enum(RETRY_SIZES).default('same'),
      isConfirmed,
    }),
  ).returns<{ readonly retried: number; readonly migration: MigrationValue }>(),

  /** Requeued and deleted migrations, oldest first. */
  'migrations.archived': takes(OfConnection).returns<readonly ArchivedValue[]>(),
  /** A nonce to requeue or delete this migration as it is now, and the phrase where the environment asks for one. */
  'migrations.beginRemoval': takes(
    OfMigration.extend({ verb: z.enum(['requeue', 'delete']) }),
  ).returns<FinalizeTicket>(),
  /** Starts over from the definition as it is now, under a new id; old rows go to the archive. Uses the nonce up. */
  'migrations.requeue': takes(OfMigration.extend(Confirmed)).returns<{
    readonly archived: ArchivedValue
    readonly migration: MigrationValue
  }>(),
  /** Archives and deletes its rows; the migrated data stays. Refused (already_running) while it is driven. Uses the nonce up. */
  'migrations.delete': takes(OfMigration.extend(Confirmed)).returns<ArchivedValue>(),

  /** Cells of the strip in key order of their making (by id). */
  'jobs.page': takes(
    OfMigration.extend({ after: Id.optional(), limit: z.int().min(1).max(2_000).default(500) }),
  ).returns<Page<JobCell>>(),
  /** Divides a failed job in two of half its batch size; null: nothing was left to divide. */
  'jobs.split': takes(OfMigration.extend({ jobId: Id, isConfirmed })).returns<{
    readonly secondJobId: string | null
    readonly batchSize: number
  }>(),
  'jobs.get': takes(OfMigration.extend({ jobId: Id })).returns<JobDetail>(),

  /** "Run now": drives it in this console, ignoring intervals. It goes on when the page closes. Throws already_running. */
  'run.start': takes(
    OfMigration.extend({
      parallel: z.int().min(1).max(16).default(1),
      /** This job alone, once. */
      jobId: Id.optional(),
      /** Ignores health and passes over a hold. This console's own run is ended first, after its sub-batch. */
      isForced: z.boolean().default(false),
      isConfirmed,
    }),
  ).returns<{
    readonly runId: string
  }>(),
  /** This console's run ends after its sub-batch; the status does not change. */
  'run.stop': takes(OfMigration).returns<null>(),
  /** `work` on this connection: all active migrations, each at its interval. */
  'schedule.start': takes(
    OfConnection.extend({ parallel: z.int().min(1).max(16).default(2), isConfirmed }),
  ).returns<null>(),
  'schedule.stop': takes(OfConnection).returns<null>(),
  /** Whether schedulers, here and elsewhere, may begin jobs in this database. */
  'schedule.switch': takes(OfConnection.extend({ isOn: z.boolean(), isConfirmed })).returns<null>(),

  /** Groups of failures, and jobs that are or were failed with their whole transition log. */
  'failures.list': takes(
    OfMigration.extend({ jobId: Id.optional(), group: z.string().max(64).optional() }),
  ).returns<FailuresValue>(),
  /** Rows in quarantine, in the order in which they came. */
  'failures.quarantined': takes(OfMigration.extend({ after: Id.optional(), limit })).returns<
    Page<QuarantinedRowValue> & { readonly hasOnQuarantine: HasOnQuarantine }
  >(),

  /** Runs every check; each answer and the end are in the migration's `proving`. */
  'verification.run': takes(OfMigration).returns<null>(),
  /** The last kept proof and whether it is stale; null: never verified. */
  'verification.last': takes(OfMigration).returns<VerificationView | null>(),
  /** Before-values of queue time, and the same rows now. */
  'verification.samples': takes(OfMigration).returns<readonly SampleValue[]>(),
  /** Stops verifying or finalizing. */
  'verification.stop': takes(OfMigration).returns<null>(),

  /** Gates, read from the target now, and what finalizing will do. */
  'finalize.gates': takes(OfMigration).returns<FinalizeGates>(),
  /** A nonce for this migration, and the phrase where the environment asks for one. */
  'finalize.begin': takes(OfMigration).returns<FinalizeTicket>(),
  /** Finalizes; the nonce is used up by it, whatever it answers. The end is in the migration's `proving`. */
  'finalize.submit': takes(
    OfMigration.extend({
      ...Confirmed,
      /** Check name → reason. */
      waive: z.record(z.string().min(1).max(300), z.string().trim().min(1).max(2_000)).default({}),
    }),
  ).returns<null>(),

  ...steppedContract,

  /** The evidence file. */
  'report.markdown': takes(OfMigration).returns<{ readonly fileName: string; readonly text: string }>(),
  /** The same for programs: what `tranche report --format json` answers. */
  'report.json': takes(OfMigration).returns<{ readonly fileName: string; readonly text: string }>(),

  /**
   * The log, newest first, from the local copy: also without the target. `actions`: what people did. Without a migration
   * it reaches back to earlier tracking schemas of the connection.
   */
  'events.page': takes(
    OfConnection.extend({
      migrationId: Id.optional(),
      only: z.enum(['all', 'actions', 'failures']).default('all'),
      /** In who, what, the migration's name or the details. */
      find: z.string().trim().min(1).max(200).optional(),
      after: Cursor.optional(),
      limit,
    }),
  ).returns<Page<JournalEntry>>(),

  /** Runs of this console, newest first; of all connections where none is named. */
  'history.runs': takes(
    z.strictObject({ connectionId: ConnectionId.optional(), after: Cursor.optional(), limit }),
  ).returns<Page<RunView>>(),
  /** The last known state of every migration that this console has seen. */
  'history.migrations': takes(
    z.strictObject({ connectionId: ConnectionId.optional(), after: Cursor.optional(), limit }),
  ).returns<Page<MigrationCopy>>(),
  'history.jobs': takes(
    OfMigration.extend({ after: Cursor.optional(), limit: z.int().min(1).max(2_000).default(500) }),
  ).returns<Page<JobCell>>(),
  'history.transitions': takes(OfMigration.extend({ jobId: Id.optional(), after: Cursor.optional(), limit })).returns<
    Page<TransitionView>
  >(),
  /** Removes what is older than the settings say, as each start of a console does, and makes the file smaller. */
  'history.purge': takes(Nothing).returns<{ readonly removedRows: number }>(),
  /** Of the file on this machine, with what was not moved into it yet. */
  'history.size': takes(Nothing).returns<{ readonly bytes: number }>(),
} as const

export type ConsoleContract = typeof contract
/** Written `satisfies Handlers`: a call without a handler, or a handler without a call, does not compile. */
export type Handlers = HandlersOf<ConsoleContract>
export type Client = ClientOf<ConsoleContract>

export function createClient(transport: Pick<Transport, 'request'>): Client {
  return createClientOf<ConsoleContract>(transport)
}

export function createServer(
  handlers: Handlers,
  onFailure?: (method: string, error: unknown) => void,
): ReturnType<typeof createServerOf> {
  return createServerOf(contract, handlers, onFailure)
}
