/** A catalogue that is opened at first use, and anew on demand. Engines read through it, so that a reload reaches them. */
import type { Catalogue } from '../catalogue/catalogue.ts'
import { openCatalogue } from '../catalogue/loader.ts'
import type { DefinitionSource } from '../engine/ports.ts'
import { TrancheError } from '../shared/errors.ts'

export interface CatalogueHolder extends DefinitionSource {
  /** Reads the folder again where a file of it changed; does nothing before the first use. Throws catalogue_missing. */
  refresh(): Promise<void>
  /** Throws catalogue_missing. */
  get(): Promise<OpenedCatalogue>
  /** Reads the folder again; on an error the one before stays. */
  reload(): Promise<OpenedCatalogue>
  /** Another folder, read at once; on an error nothing changes. */
  choose(folder: string): Promise<OpenedCatalogue>
  close(): void
}

export interface OpenedCatalogue {
  readonly catalogue: Catalogue
  readonly readAtMs: number
}

export function createCatalogueHolder(initialFolder: string | null): CatalogueHolder {
  let folder = initialFolder
  let opened: Promise<OpenedCatalogue> | null = null
  let current: Catalogue | null = null

  const open = async (from: string | null): Promise<OpenedCatalogue> => {
    if (from === null) {
      throw new TrancheError('catalogue_missing', 'this connection has no catalogue yet', {
        remedy: 'Choose the folder that holds the definitions.',
      })
    }
    const catalogue = await openCatalogue(from)
    // Its definitions stay usable for whatever runs with them.
    current?.close()
    current = catalogue
    folder = from
    return { catalogue, readAtMs: Date.now() }
  }
  const keep = async (opening: Promise<OpenedCatalogue>): Promise<OpenedCatalogue> => {
    const result = await opening
    opened = Promise.resolve(result)
    return result
  }
  return {
    find: (jobClassName) => current?.find(jobClassName),
    list: () => current?.list() ?? [],
    get requiredStops() {
      return current?.requiredStops ?? []
    },
    stepped: () => current?.stepped() ?? null,
    async refresh() {
      // Modules are never unloaded: a worker of weeks opens the folder again only where something is new.
      if (current !== null && (await current.hasChanged())) await keep(open(folder))
    },
    async get() {
      opened ??= open(folder)
      try {
        return await opened
      } catch (error) {
        opened = null
        throw error
      }
    },
    reload: async () => keep(open(folder)),
    choose: async (chosen) => keep(open(chosen)),
    close() {
      current?.close()
      current = null
      opened = null
    },
  }
}
