/** The calls about stepped migrations; a part of contract.ts. What they change is in the target's `stepped` soon after. */
import { z } from 'zod'
import { ConnectionId } from './connection-view.ts'
import type { FinalizeTicket } from './finalize-view.ts'
import { takes } from './rpc.ts'
import type {
  SteppedConnectionValue,
  SteppedListValue,
  SteppedLogValue,
  SteppedMigrationValue,
} from './stepped-view.ts'

const OfConnection = z.strictObject({ connectionId: ConnectionId })
const Version = z.string().regex(/^\d{14}$/, { error: 'expected 14 digits' })
const OfVersion = OfConnection.extend({ version: Version })
/** The operator answered the plain question of confirmations.ts with yes. */
const isConfirmed = z.boolean().default(false)

export const steppedContract = {
  /** Records, files and operations of the active connection, read now. */
  'stepped.list': takes(OfConnection).returns<SteppedListValue>(),
  /** The newest lines of the active connection's log, or of all, oldest first; behind `after` (a line's id) only what is newer. */
  'stepped.logs': takes(
    OfConnection.extend({
      version: Version.optional(),
      isOfAll: z.boolean().default(false),
      after: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional(),
      limit: z.int().min(1).max(1_000).default(200),
    }),
  ).returns<readonly SteppedLogValue[]>(),
  /** This console works on them: to the end of what can be done now, or until it is stopped. It goes on when the page closes. */
  'stepped.start': takes(OfConnection.extend({ toEnd: z.boolean().default(true), isConfirmed })).returns<null>(),
  'stepped.stop': takes(OfConnection).returns<null>(),
  /** A failed one gets its tries back; completed operations stay completed. */
  'stepped.retry': takes(OfVersion.extend({ isConfirmed })).returns<SteppedMigrationValue>(),
  /** Passes over it for good. */
  'stepped.skip': takes(
    OfVersion.extend({ reason: z.string().trim().min(1).max(2_000), isConfirmed }),
  ).returns<SteppedMigrationValue>(),
  /** Every operation runs again; null: of every migration. */
  'stepped.reset': takes(OfConnection.extend({ version: Version.nullable(), isConfirmed })).returns<
    readonly SteppedMigrationValue[]
  >(),
  /** A nonce for what this migration would drop, and the phrase where the environment asks for one. */
  'stepped.beginApproval': takes(OfVersion).returns<FinalizeTicket>(),
  /** Agrees to it; the nonce is used up by it, whatever it answers. */
  'stepped.approve': takes(
    OfVersion.extend({ nonce: z.string().max(64), phrase: z.string().max(400).nullable().default(null) }),
  ).returns<SteppedMigrationValue>(),
  /** Makes or changes a connection of stepped migrations, and makes it the active one. `adapter` null: the target itself. */
  'stepped.connect': takes(
    OfConnection.extend({
      name: z.string().trim().min(1).max(63),
      adapter: z.string().trim().min(1).max(1_000).nullable().optional(),
      prefix: z.string().trim().min(1).max(30).optional(),
      vectorStorage: z.enum(['vector', 'real']).optional(),
      isIndexingEnabled: z.boolean().optional(),
      isConfirmed,
    }),
  ).returns<SteppedConnectionValue>(),
  /** Whether the target's server brings pgvector; asked before a connection is made. */
  'stepped.hasVector': takes(OfConnection).returns<boolean>(),
  'stepped.disconnect': takes(OfConnection.extend({ isConfirmed })).returns<null>(),
} as const
