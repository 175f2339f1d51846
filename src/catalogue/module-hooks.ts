import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { TrancheError } from '../shared/errors.ts'
import * as api from './api.ts'
import { addressPrefix, moduleAddress, pathOfAddress } from './catalogue-path.ts'
import type { ModuleGraph } from './module-graph.ts'
import { isProblem } from './source-file.ts'

export interface ModuleHooks {
  /** The file whose code was handed out last: the one that does not compile, where that is what happens next. */
  readonly lastLoaded: () => string | null
  /** May be called twice. */
  readonly deregister: () => void
}

interface CatalogueModules {
  readonly root: string
  /** Names this opening; part of every address. */
  readonly generation: string
  readonly graph: ModuleGraph
}

/**
 * Lets Node import the modules of one opened catalogue, out of the graph that was read and judged: what runs is what was
 * hashed. Everything else in the process resolves and loads as if the hooks were not there.
 */
export function registerModuleHooks({ root, generation, graph }: CatalogueModules): ModuleHooks {
  const apiAddress = `tranche-api://${generation}`
  const apiKey = `tranche.api.${generation}`
  Reflect.set(globalThis, Symbol.for(apiKey), api)
  let lastLoaded: string | null = null

  const hooks = registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier.startsWith(addressPrefix(generation))) return { url: specifier, shortCircuit: true }
      const importer = context.parentURL === undefined ? null : pathOfAddress(generation, context.parentURL)
      if (importer === null) return nextResolve(specifier, context)
      const node = graph.get(importer)
      const resolution = node === undefined || isProblem(node) ? undefined : node.resolutions.get(specifier)
      switch (resolution?.kind) {
        case 'api':
          return { url: apiAddress, format: 'module', shortCircuit: true }
        case 'file':
          return { url: moduleAddress(generation, resolution.path), shortCircuit: true }
        case 'builtin':
        case 'package':
          return nextResolve(specifier, { ...context, parentURL: pathToFileURL(join(root, importer)).href })
        case 'type_package':
        case undefined:
          // Reached only by code that was not there to be judged, such as eval.
          throw new TrancheError(
            'definition_import',
            `${importer} imports '${specifier}' in a way that was not seen before it ran`,
          )
      }
    },
    load(url, context, nextLoad) {
      if (url === apiAddress) return { format: 'module', source: apiSource(apiKey), shortCircuit: true }
      const path = pathOfAddress(generation, url)
      if (path === null) return nextLoad(url, context)
      const node = graph.get(path)
      if (node === undefined || isProblem(node))
        throw new TrancheError('definition_import', `${path} is not a module of this catalogue`)
      lastLoaded = path
      return { format: node.source.format, source: node.source.code, shortCircuit: true }
    },
  })

  return {
    lastLoaded: () => lastLoaded,
    deregister() {
      hooks.deregister()
      Reflect.deleteProperty(globalThis, Symbol.for(apiKey))
    },
  }
}

/** Binds to the objects of this very process, so that it is the same API when everything is bundled into one file. */
function apiSource(key: string): string {
  const names = Object.keys(api).join(', ')
  return `export const { ${names} } = globalThis[Symbol.for(${JSON.stringify(key)})]\n`
}
