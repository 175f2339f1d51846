/** The engine's public face. It holds no state of its own: the truth is in the target's tracking tables. */
import { readHealthAttached } from './attached/health-attached.ts'
import { readAttachedInstallation, readLogAttached } from './attached/log-attached.ts'
import { pauseAttached, resumeAttached, retryAttached } from './attached/operate-attached.ts'
import { DEFAULT_DATABASE, DEFAULT_LIMITS, type EngineContext, type Limits, rememberFacts } from './context.ts'
import { createDoors } from './doors.ts'
import { createEmitter, type EngineEvents } from './events.ts'
import { readFailures } from './failures.ts'
import { finalizeMigration } from './finalizer.ts'
import { readHealth } from './health/read-health.ts'
import { listReplicas } from './list-replicas.ts'
import { listSessions } from './list-sessions.ts'
import type { FirstStatement } from './first-statement.ts'
import { pauseMigration, resumeMigration, retryMigration, type RetryOptions, setKnobs, waitForEnd } from './operate.ts'
import { getState, listStates } from './overview.ts'
import type {
  AdapterSource,
  Clock,
  DefinitionSource,
  Identity,
  Logger,
  ProcessTable,
  Random,
  RowTransformer,
} from './ports.ts'
import type { ArchivedValue } from '../shared/archived-value.ts'
import { DEFAULT_HEALTH, type HealthSettings } from '../shared/health-settings.ts'
import type { HealthReading } from '../shared/health.ts'
import type { JobCell, JobDetail } from '../shared/job-view.ts'
import type { PreviewValue } from '../shared/preview-view.ts'
import type { QuarantinedRows } from '../shared/quarantine-view.ts'
import type { ReplicaView, SessionView } from '../shared/session-view.ts'
import { type Plan, planQueue, planStatement } from './plan.ts'
import { previewMigration, type PreviewRequest } from './preview.ts'
import { queueMigration } from './queueing.ts'
import type { ReportData } from './report-data.ts'
import { readLastVerification, readMigrationSamples, readReport } from './report.ts'
import { deleteMigration } from './removal.ts'
import { type RequeueChanges, requeueMigration, type RequeueOutcome } from './requeueing.ts'
import { runMigration } from './runner.ts'
import { setScheduling, work, type WorkOptions } from './scheduler.ts'
import type { SplitOutcome } from './split.ts'
import { splitOneJob } from './splitting.ts'
import { createStepped, type SteppedEngine } from './stepped/stepped.ts'
import type { Target } from './target/open-target.ts'
import type { ServerFacts } from './target/server-facts.ts'
import { whereItIs } from './tracking/archived-tables.ts'
import { getJob } from './tracking/get-job.ts'
import { install } from './tracking/install.ts'
import { listQuarantined } from './tracking/list-quarantined.ts'
import { readArchive } from './tracking/read-archive.ts'
import { readEvents } from './tracking/read-events.ts'
import { type JobChanges, readChangedJobs, readJobCells } from './tracking/read-job-cells.ts'
import { type LogCursor, type LogPage, readLog } from './tracking/read-log.ts'
import { readInstalledAt } from './tracking/schema-state.ts'
import { trackingTables } from './tracking/tables.ts'
import { uninstall } from './tracking/uninstall.ts'
import { verifyMigration } from './verifier.ts'
import type {
  FailureReport,
  FinalizeOptions,
  FinalizeOutcome,
  KnobChanges,
  Migration,
  MigrationState,
  QueueOutcome,
  QueueRequest,
  RunOptions,
  RunOutcome,
  TrackedEvent,
  Verification,
} from './types.ts'

export interface InstallOutcome {
  /** false when it was installed already. */
  readonly installed: boolean
  readonly schema: string
  readonly schemaVersion: number
}

export interface Engine {
  /** Version, role, standby, pooler. Throws target_unreachable, target_refused_login, database_missing, target_too_old. */
  facts(): Promise<ServerFacts>
  /** Creates the tracking schema; idempotent. Throws schema_newer, schema_attached, privilege_missing. */
  install(): Promise<InstallOutcome>
  /** Whether the tracking schema is there. */
  isInstalled(): Promise<boolean>
  /** Whether there is something to be listed: our tracking schema, or GitLab's own. */
  hasTracking(): Promise<boolean>
  /** Whether the tracking schema is GitLab's own: to be read, and paused, resumed and retried. */
  isAttached(): Promise<boolean>
  /** Drops the tracking schema with everything in it. Throws not_installed. */
  uninstall(): Promise<void>
  /** Names the tracking schema among those that a database has had: when it was installed; of GitLab's own, its place. Throws not_installed. */
  installedAt(): Promise<string>
  /** What `queue` would do; writes nothing. */
  plan(request: QueueRequest): Promise<Plan>
  /** What a definition runs for its first sub-batch; not run. */
  planStatement(request: QueueRequest): Promise<FirstStatement>
  /** Runs some sub-batches in transactions that are rolled back. Throws preview_refused where that would not take everything back. */
  preview(request: PreviewRequest): Promise<PreviewValue>
  queue(request: QueueRequest): Promise<QueueOutcome>
  /** All migrations, oldest first. */
  list(): Promise<readonly MigrationState[]>
  /** By id, or by job class name where that is unique. Throws unknown_migration, ambiguous_migration. */
  get(reference: string): Promise<MigrationState>
  run(migrationId: string, options?: RunOptions): Promise<RunOutcome>
  /** Scheduler ticks for all active migrations, paced. Resolves when the signal is aborted, or after one pass with `once`. */
  work(options?: WorkOptions): Promise<{ readonly jobsRun: number }>
  /** Off: no scheduler of this database begins a job; what is running goes on. Journaled. */
  setScheduling(isOn: boolean): Promise<void>
  pause(migrationId: string): Promise<Migration>
  resume(migrationId: string): Promise<Migration>
  set(migrationId: string, changes: KnobChanges): Promise<Migration>
  /** Failed jobs get their attempts back (cursor kept) and the migration becomes active. */
  retry(
    migrationId: string,
    options?: RetryOptions,
  ): Promise<{ readonly retried: number; readonly migration: Migration }>
  /** Divides a failed job in two of half its batch size; the migration's status stays. Throws unknown_job, illegal_transition. */
  split(migrationId: string, jobId: string): Promise<SplitOutcome>
  /** Resolves when the migration is finished, finalized, failed or paused. Throws wait_timeout. */
  wait(
    migrationId: string,
    options: { readonly timeoutSeconds?: number; readonly signal?: AbortSignal },
  ): Promise<Migration>
  /** Also of one in the archive. Throws unknown_migration, unknown_job. */
  failures(migrationId: string, filter?: { readonly jobId?: string; readonly group?: string }): Promise<FailureReport>
  /** Rows in quarantine in the order in which they came, behind `after` (an entry's id). Throws unknown_migration. */
  listQuarantined(
    migrationId: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<QuarantinedRows>
  /** Before-values of queue time, and the same rows now; empty where none were taken. Throws unknown_migration. */
  samples(migrationId: string): Promise<ReportData['samples']>
  /** Jobs in short, by id, behind `after`. */
  jobs(migrationId: string, page: { readonly after: string; readonly limit: number }): Promise<readonly JobCell[]>
  /** Jobs that changed since the server's time `since`, with the time to ask with next. */
  changedJobs(migrationId: string, since: string | null): Promise<JobChanges>
  /** Throws unknown_job. */
  job(migrationId: string, jobId: string): Promise<JobDetail>
  /** The last kept proof with its age judged; null where it was never verified. */
  lastVerification(migrationId: string): Promise<ReportData['verification']>
  /** Journal and transitions of all migrations, for a copy of them. */
  log(after: LogCursor, limit: number): Promise<LogPage>
  verify(migrationId: string, options?: { readonly signal?: AbortSignal }): Promise<Verification>
  finalize(migrationId: string, options?: FinalizeOptions): Promise<FinalizeOutcome>
  /** Also of one in the archive. */
  report(migrationId: string): Promise<ReportData>
  /** Archives the old rows and queues the same anew: the only reset. Throws what queue throws, illegal_transition, already_running. */
  requeue(migrationId: string, changes?: RequeueChanges): Promise<RequeueOutcome>
  /** Archives the rows and deletes them; the migrated data stays. Throws unknown_migration, already_running. */
  delete(migrationId: string): Promise<ArchivedValue>
  /** Requeued and deleted migrations, oldest first; those of one id or job class name where a reference is given. */
  archived(reference?: string): Promise<readonly ArchivedValue[]>
  /** Asks every health indicator about the migration's table, now; changes nothing. */
  health(migrationId: string): Promise<readonly HealthReading[]>
  /** Sessions of ours in the target, and who keeps one of them waiting; changes nothing. */
  sessions(): Promise<readonly SessionView[]>
  /** Replicas of the target and how far behind each is, where this role may know it; changes nothing. Throws on a standby. */
  replicas(): Promise<readonly ReplicaView[]>
  /** Ordered, version-numbered migrations made of operations. */
  readonly stepped: SteppedEngine
  /** Tracked events in ascending order, behind `after` (an event id). */
  events(migrationId: string, options?: { readonly after?: string }): Promise<readonly TrackedEvent[]>
  /** Subscribes to live events; returns the unsubscribe function. A listener that throws is logged and ignored. */
  on<Name extends keyof EngineEvents>(name: Name, listener: (event: EngineEvents[Name]) => void): () => void
}

export interface EnginePorts {
  readonly target: Target
  readonly trackingSchema: string
  readonly definitions: DefinitionSource
  readonly identity: Identity
  readonly processes: ProcessTable
  readonly clock: Clock
  readonly logger: Logger
  readonly random: Random
  /** Without it definitions with `eachRow` are refused. */
  readonly rowTransformer?: RowTransformer
  /** The logical database that the target is (main); a definition of another one is refused here. */
  readonly database?: string
  /** The other logical databases, by name, for `ctx.database(name)`. */
  readonly otherDatabases?: ReadonlyMap<string, Target>
  /** Without it stepped operations act on this target only. */
  readonly adapters?: AdapterSource
  readonly limits?: Partial<Limits>
  /** Of this connection; where left out, the defaults. A function is asked each time: a change counts at once. */
  readonly health?: Partial<HealthSettings> | (() => Partial<HealthSettings>)
}

/** An engine over one target. It opens nothing by itself and closes nothing: the target is the host's. */
export function createEngine(ports: EnginePorts): Engine {
  const emitter = createEmitter(ports.logger)
  const context: EngineContext = {
    ...ports,
    tables: trackingTables(ports.trackingSchema),
    emitter,
    rowTransformer: ports.rowTransformer ?? null,
    database: ports.database ?? DEFAULT_DATABASE,
    otherDatabases: ports.otherDatabases ?? new Map(),
    adapters: ports.adapters ?? null,
    limits: { ...DEFAULT_LIMITS, ...ports.limits },
    health: () => ({ ...DEFAULT_HEALTH, ...(typeof ports.health === 'function' ? ports.health() : ports.health) }),
    ...rememberFacts(ports.target),
  }
  const { told, installed, either, schemaState } = createDoors(context)
  return {
    facts: () => told(() => context.facts()),
    async install() {
      const { installed: isNew, version } = await told(() => install(context))
      return { installed: isNew, schema: ports.trackingSchema, schemaVersion: version }
    },
    async isInstalled() {
      const { version } = await told(schemaState)
      return typeof version === 'number'
    },
    async hasTracking() {
      const { version } = await told(schemaState)
      return typeof version === 'number' || version === 'attached'
    },
    async isAttached() {
      const { version } = await told(schemaState)
      return version === 'attached'
    },
    installedAt: () => either(readInstalledAt, readAttachedInstallation),
    plan: (request) => told(() => planQueue(context, request)),
    planStatement: (request) => told(() => planStatement(context, request)),
    listQuarantined: (migrationId, page) =>
      either(
        (from) => listQuarantined(from, migrationId, page),
        () => Promise.resolve({ rows: [], hasOnQuarantine: null }),
      ),
    samples: (migrationId) => installed(() => readMigrationSamples(context, migrationId)),
    jobs: (migrationId, page) => either((from) => readJobCells(from, migrationId, page)),
    changedJobs: (migrationId, since) => either((from) => readChangedJobs(from, migrationId, since)),
    job: (migrationId, jobId) => either((from) => getJob(from, migrationId, jobId)),
    lastVerification: (migrationId) => installed(() => readLastVerification(context, migrationId)),
    log: (after, limit) =>
      either(
        (from) => readLog(from, after, limit),
        (from) => readLogAttached(from, after, limit),
      ),
    uninstall: () => told(() => uninstall(context)),
    preview: (request) =>
      'queue' in request
        ? told(() => previewMigration(context, request))
        : installed(() => previewMigration(context, request)),
    queue: (request) => told(() => queueMigration(context, request)),
    list: () => either(listStates),
    get: (reference) => either((from) => getState(from, reference)),
    run: (migrationId, options) => installed(() => runMigration(context, migrationId, options)),
    work: (options) => installed(() => work(context, options)),
    setScheduling: (isOn) => installed(() => setScheduling(context, isOn)),
    pause: (migrationId) =>
      either(
        (at) => pauseMigration(at, migrationId),
        (at) => pauseAttached(at, migrationId),
      ),
    resume: (migrationId) =>
      either(
        (at) => resumeMigration(at, migrationId),
        (at) => resumeAttached(at, migrationId),
      ),
    set: (migrationId, changes) => installed(() => setKnobs(context, migrationId, changes)),
    retry: (migrationId, options) =>
      either(
        (at) => retryMigration(at, migrationId, options),
        (at) => retryAttached(at, migrationId, options),
      ),
    split: (migrationId, jobId) => installed(() => splitOneJob(context, migrationId, jobId)),
    wait: (migrationId, options) => either((from) => waitForEnd(from, migrationId, options)),
    failures: (migrationId, filter) =>
      either(
        async (from) => readFailures(await whereItIs(from, migrationId), migrationId, filter),
        (from) => readFailures(from, migrationId, filter),
      ),
    verify: (migrationId, options) => installed(() => verifyMigration(context, migrationId, options)),
    finalize: (migrationId, options) => installed(() => finalizeMigration(context, migrationId, options)),
    report: (migrationId) => installed(async () => readReport(await whereItIs(context, migrationId), migrationId)),
    requeue: (migrationId, changes) => installed(() => requeueMigration(context, migrationId, changes)),
    delete: (migrationId) => installed(() => deleteMigration(context, migrationId)),
    archived: (reference) =>
      either(
        (from) => readArchive(from, reference),
        () => Promise.resolve([]),
      ),
    health: (migrationId) =>
      either(
        (from) => readHealth(from, migrationId),
        (from) => readHealthAttached(from, migrationId),
      ),
    sessions: () => told(() => listSessions(context)),
    replicas: () => told(() => listReplicas(context)),
    events: (migrationId, options) => installed(() => readEvents(context, migrationId, options)),
    stepped: createStepped(context, installed),
    on: (name, listener) => emitter.on(name, listener),
  }
}
