declare module 'pgpass' {
  interface ConnectionInfo {
    readonly host: string
    readonly port: number
    readonly database: string
    readonly user: string
  }
  interface PgPass {
    /** Calls back with the first matching line's password, or undefined. */
    (info: ConnectionInfo, callback: (password: string | undefined) => void): void
    /** Where warnings about the file go; returns the former stream. */
    warnTo(stream: NodeJS.WritableStream): NodeJS.WritableStream
  }
  const pgpass: PgPass
  export default pgpass
}
