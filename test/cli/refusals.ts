import { expect } from 'vitest'
import type { AppError } from '../../src/shared/errors.ts'
import type { TestDatabase } from '../support/test-database.ts'
import { type CommandLine, containing } from './command-line.ts'
import { fingerprint } from './things-database.ts'

export interface Refusal {
  readonly exitCode: number
  readonly code: AppError['code']
  readonly message: string
  readonly remedy: string
}

export type ExpectRefusal = (line: CommandLine, args: readonly string[], refusal: Refusal) => Promise<void>

/** From now on: one message with a remedy and a stable code, for people and for scripts alike, and nothing changed. */
export async function refusals(database: TestDatabase): Promise<ExpectRefusal> {
  const untouched = await fingerprint(database)
  return async (line, args, { exitCode, code, message, remedy }) => {
    const asJson = await line.run(...args, '--json')
    expect({ exitCode: asJson.exitCode, document: JSON.parse(asJson.stdout) as unknown }).toMatchObject({
      exitCode,
      document: { ok: false, error: { code, message: containing(message), remedy: containing(remedy) } },
    })
    const asText = await line.run(...args)
    expect(asText).toMatchObject({ exitCode, stdout: '', stderr: containing(message) })
    expect(asText.stderr).toContain(`code: ${code}\n`)
    // A stack trace is for TRANCHE_DEBUG.
    expect(asText.stderr).not.toMatch(/^ +at /m)
    expect(await fingerprint(database)).toEqual(untouched)
  }
}
