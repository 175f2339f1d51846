import { Ajv2020 } from 'ajv/dist/2020.js'
import type { KubernetesObject } from './kubernetes-object.ts'
import { orderProblems } from './object-order.ts'
import { referenceProblems } from './references.ts'
import { desiredConfigSchema } from './schemas.ts'
import { isStorable } from './storable.ts'
import { textsOf } from './texts-of.ts'

export const MAX_BYTES = 65_536
const TOO_LARGE = `has more than ${String(MAX_BYTES)} bytes`

const isShaped = new Ajv2020({ allErrors: true, discriminator: true }).compile<KubernetesObject[]>(desiredConfigSchema)

/** What is wrong with a desired config, each with its place; empty where it is valid. Throws nothing, whatever it is. */
export function problemsOf(config: unknown, workspaceName: string): readonly string[] {
  const unreadable = textProblems(config)
  if (unreadable.length > 0) return unreadable
  if (!isShaped(config)) {
    return (isShaped.errors ?? []).map(
      ({ instancePath, message }) => `${instancePath || '/'} ${message ?? 'is invalid'}`,
    )
  }
  const size = Buffer.byteLength(JSON.stringify(config)) > MAX_BYTES ? [TOO_LARGE] : []
  return [...size, ...orderProblems(config, workspaceName), ...referenceProblems(config)]
}

/** Before it is made one text, which may be larger than any text can be. */
function textProblems(config: unknown): readonly string[] {
  const problems: string[] = []
  let length = 0
  for (const { text, place } of textsOf(config)) {
    length += text.length
    if (length > MAX_BYTES) return [TOO_LARGE]
    if (!isStorable(text)) problems.push(`${place || '/'} holds a character that jsonb cannot hold`)
  }
  return problems
}
