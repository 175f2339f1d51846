/** Explicit connection fields; a URL is parsed by the host and never handed to pg, whose reading of sslmode changes with its versions. */
import type { ConnectionOptions as TlsOptions } from 'node:tls'

export interface TargetParameters {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  /** Asked at each connect, so that a token may expire in between. null: none is sent. */
  readonly password: () => Promise<string | null>
  readonly tls: TlsOptions | false
}

/** How a target is named to people: never with its password. */
export function describeTarget({ host, port, user, database }: TargetParameters): string {
  return `${database} on ${host}:${String(port)} as ${user}`
}
