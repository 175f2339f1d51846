/** Loaded before the tests of a catalogue: 'tranche' and 'tranche/testing' lead here, and its TypeScript can be imported. */
import { registerHooks } from 'node:module'
import { readTypeScript } from '../../catalogue/read-typescript.mjs'

const OWN = new Map([
  ['tranche', new URL('../../catalogue/api.ts', import.meta.url).href],
  ['tranche/testing', new URL('api.ts', import.meta.url).href],
])

await readTypeScript()
registerHooks({
  resolve(specifier, context, nextResolve) {
    const own = OWN.get(specifier)
    return own === undefined ? nextResolve(specifier, context) : { url: own, shortCircuit: true }
  },
})
