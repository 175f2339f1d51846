import { Ajv2020 } from 'ajv/dist/2020.js'
import type { KubernetesObject } from './kubernetes-object.ts'
import { orderProblems } from './object-order.ts'
import { desiredConfigSchema } from './schemas.ts'

export const MAX_BYTES = 65_536

const isShaped = new Ajv2020({ allErrors: true, discriminator: true }).compile<KubernetesObject[]>(desiredConfigSchema)

/** What is wrong with a desired config, each with its place; empty where it is valid. */
export function problemsOf(config: unknown, workspaceName: string): readonly string[] {
  if (!isShaped(config)) {
    return (isShaped.errors ?? []).map(
      ({ instancePath, message }) => `${instancePath || '/'} ${message ?? 'is invalid'}`,
    )
  }
  const bytes = Buffer.byteLength(JSON.stringify(config))
  const size = bytes > MAX_BYTES ? [`has ${String(bytes)} bytes, more than ${String(MAX_BYTES)}`] : []
  return [...size, ...orderProblems(config, workspaceName)]
}
