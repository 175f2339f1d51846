import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Problem } from './catalogue.ts'
import { messageOf } from '../shared/errors.ts'

const CONFIG_FILE = 'tranche.config.json'

const release = z.string().regex(/^\d+\.\d+$/, { error: "expected a release as text, such as '17.8'" })
const configSchema = z.strictObject({ requiredStops: z.array(release).default([]) })

export interface CatalogueConfig {
  readonly requiredStops: readonly string[]
  readonly problem: Problem | null
}

/** The optional `tranche.config.json`. A malformed one is listed, and read as if it set nothing. */
export async function readCatalogueConfig(root: string): Promise<CatalogueConfig> {
  try {
    const config = configSchema.parse(JSON.parse(await readFile(join(root, CONFIG_FILE), 'utf8')))
    return { ...config, problem: null }
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    return { requiredStops: [], problem: isMissing ? null : malformed(cause) }
  }
}

function malformed(cause: unknown): Problem {
  const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
  return {
    at: { file: CONFIG_FILE, line: null, column: null },
    code: 'definition_invalid',
    message: `cannot be used: ${reason}`,
    remedy: 'Correct it, as in { "requiredStops": ["17.5", "17.8"] }; until then no required stop is known.',
  }
}
