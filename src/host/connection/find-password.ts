/** Where a password comes from: the settings, else the password file. It is never logged, and never part of a message. */
import { Writable } from 'node:stream'
import pgpass from 'pgpass'
import { isDefaultSocket } from './default-host.ts'

export interface PasswordQuestion {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  /** From URL, service or PGPASSWORD; it wins. */
  readonly known: string | null
  readonly passfile: string | null
  /** Told about a password file that other users can read, which is left unread then. */
  readonly warn: (message: string) => void
}

export async function findPassword({ known, passfile, warn, ...place }: PasswordQuestion): Promise<string | null> {
  if (known !== null) return known
  // The package reads both from the process; one password file for a process is enough.
  if (passfile !== null) process.env.PGPASSFILE = passfile
  delete process.env.PGPASSWORD
  pgpass.warnTo(lines(warn))
  // The usual sockets go under `localhost` in the file.
  const host = isDefaultSocket(place.host) ? 'localhost' : place.host
  return new Promise((resolve) => {
    pgpass({ ...place, host }, (password) => {
      resolve(password ?? null)
    })
  })
}

function lines(warn: (message: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      const text = String(chunk)
        .replace(/^WARNING: /, '')
        .trim()
      if (text !== '')
        warn(`${text}${text.includes('group or world access') ? '; it is not read. Run: chmod 600 on it' : ''}`)
      done()
    },
  })
}
