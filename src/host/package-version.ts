import { readFileSync } from 'node:fs'

/** Tranche's own version, as runners and application_name tell it. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  } // ours
  return version
}
