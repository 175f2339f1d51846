/** Lets a thread import this program's own TypeScript where its Node does not strip types by itself. Plain JavaScript, since it comes first. */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** Does nothing where Node does it. */
export async function readTypeScript() {
  if (process.features.typescript) return
  const { default: amaro } = await import('amaro')
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
      const text = readFileSync(fileURLToPath(url), 'utf8')
      const { code } = amaro.transformSync(text, { mode: 'strip-only', module: true })
      return { format: 'module', source: code, shortCircuit: true }
    },
  })
}
