/** Where a password comes from: the settings, else the password file. It is never logged, and never part of a message. */
import { findInPasswordFile, type PasswordPlace, usualPasswordFile } from './password-file.ts'
import type { Environ } from './read-service.ts'

export interface PasswordQuestion extends PasswordPlace {
  /** From URL, service or PGPASSWORD; it wins. */
  readonly known: string | null
  /** As the settings name it; null: the usual one. */
  readonly passfile: string | null
  readonly env: Environ
  /** Told about a password file that other users can read, which is left unread then. */
  readonly warn: (message: string) => void
}

export async function findPassword({ known, passfile, env, warn, ...place }: PasswordQuestion): Promise<string | null> {
  return known ?? (await findInPasswordFile(passfile ?? usualPasswordFile(env), place, warn))
}
