/** Connections as pages see them. No type here has a place for a secret: what a password is asked for is `hasPassword` only. */
import { z } from 'zod'
import { ENVIRONMENTS, type Environment } from './confirmations.ts'
import type { AppError } from './errors.ts'

const SSL_MODE_NAMES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

const text = z.string().trim().min(1).max(1_000)
export const ConnectionId = z.string().min(1).max(64)
/** As definitions write it. */
const LogicalDatabase = z
  .string()
  .max(63)
  .regex(/^[A-Za-z]\w*$/, { error: 'expected letters, digits and _' })
const MAX_OTHER_DATABASES = 16

/** Where the database is: a URL (a password in it is taken out, and kept as one that is given), or its parts. */
const Place = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('url'), url: z.string().trim().min(1).max(4_000) }),
  z.strictObject({
    kind: z.literal('fields'),
    /** Name, address, or the folder of a socket. */
    host: text,
    port: z.int().min(1).max(65_535).default(5_432),
    database: text,
    user: text,
    sslmode: z.enum(SSL_MODE_NAMES).optional(),
    /** Path of a file, or `system`. */
    sslrootcert: text.optional(),
  }),
])

export const ConnectionDraft = z.strictObject({
  name: z.string().trim().min(1).max(80),
  /** Required, without a default: it decides what has to be confirmed. */
  environment: z.enum(ENVIRONMENTS),
  place: Place,
  /** Kept in memory until the console ends, or sealed where the settings say so; never written in the clear, never sent back. */
  password: z.string().max(4_000).optional(),
  /**
   * The program that prints it, asked at each connect: its words with spaces between, or as a JSON array. No shell reads it. It
   * is saved and shown as it is written, so it must not hold a secret itself.
   */
  passwordCommand: z.string().trim().min(1).max(8_000).nullable().default(null),
  /** The folder of definitions; null: none yet. */
  catalogueFolder: z.string().trim().min(1).max(4_000).nullable().default(null),
  trackingSchema: z.string().min(1).max(63).default('tranche'),
  /** Only definitions that name this logical database run here. */
  logicalDatabase: LogicalDatabase.default('main'),
  /** What definitions reach beside it: logical name → saved connection, of the same environment. */
  otherDatabases: z
    .record(LogicalDatabase, ConnectionId)
    .refine((others) => Object.keys(others).length <= MAX_OTHER_DATABASES, { error: 'expected 16 databases at most' })
    .default({}),
})

/** Where a password comes from at each connect. */
export type PasswordSource =
  | 'memory' //       given in this session, or kept by the keychain
  | 'command' //      printed by the connection's command
  | 'service' //      found in its section of the service file
  | 'passfile' //     found in the password file
  | 'environment' //  PGPASSWORD, where the variables beside it mean this place
  | 'none' //         the server may not want one

export interface ConnectionView {
  readonly connectionId: string
  readonly name: string
  readonly environment: Environment
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly sslmode: string | null
  readonly hasPassword: boolean
  readonly passwordCommand: readonly string[] | null
  readonly catalogueFolder: string | null
  readonly trackingSchema: string
  readonly logicalDatabase: string
  /** Logical name → connection id. */
  readonly otherDatabases: Readonly<Record<string, string>>
  /** The practice database of this checkout; it cannot be changed or removed. */
  readonly isPractice: boolean
  readonly createdAtMs: number
  readonly lastOpenedAtMs: number | null
  /** Things to answer before trusting it, such as a name that sounds like production. */
  readonly warnings: readonly string[]
}

export const TEST_CHECKS = [
  'reach', //        DNS and TCP
  'tls', //          whether the way is encrypted, and what of the server was verified
  'login', //        authentication
  'version', //      14 or newer
  'primary', //      not a standby
  'pooler', //       a note, never a failure
  'privileges', //   may this role create or use the tracking schema
  'clock', //        server and this machine
  'tracking', //     the tracking schema and its version
] as const

export interface TestCheck {
  readonly name: (typeof TEST_CHECKS)[number]
  /** note: holds, and the operator should know it. skipped: an earlier check failed. */
  readonly outcome: 'holds' | 'note' | 'failed' | 'skipped'
  readonly ms: number
  /** What was found, as a sentence without a full stop. */
  readonly detail: string
  readonly remedy: string | null
  /** SQLSTATE or system error, where one was told. */
  readonly sqlstate: string | null
}

export interface ConnectionTest {
  readonly testedAtMs: number
  readonly ms: number
  readonly passwordFrom: PasswordSource
  readonly checks: readonly TestCheck[]
  readonly holds: boolean
}

/** Whether the target answers. `lost` comes back by itself; `refused` waits for the operator. */
export type Link =
  | { readonly kind: 'connecting'; readonly sinceMs: number }
  | { readonly kind: 'connected'; readonly sinceMs: number }
  | {
      readonly kind: 'lost'
      readonly sinceMs: number
      readonly message: string
      readonly tries: number
      readonly nextTryAtMs: number
    }
  | { readonly kind: 'refused'; readonly sinceMs: number; readonly error: AppError }

export interface ServerView {
  readonly version: string
  readonly role: string
  readonly isStandby: boolean
  readonly isReadOnly: boolean
  readonly isPooled: boolean
}
