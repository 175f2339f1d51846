/** Ports and definitions for engines under test; free of vitest, so that processes of their own can use it too. */
import { createHash } from 'node:crypto'
import type { BatchedMigrationDefinition, LoadedDefinition } from '../../src/catalogue/definition.ts'
import type { LoadedSteppedMigration, SteppedMigrationDefinition } from '../../src/catalogue/stepped/definition.ts'
import type { EnginePorts } from '../../src/engine/engine.ts'
import type { Target } from '../../src/engine/target/open-target.ts'
import { systemClock } from '../../src/host/system/clock.ts'
import { systemIdentity } from '../../src/host/system/identity.ts'
import { systemProcesses } from '../../src/host/system/process-table.ts'
import { systemRandom } from '../../src/host/system/random.ts'

export const silentLogger = {
  log() {
    // tests look at events and at the database
  },
}

export function testPorts(target: Target): EnginePorts {
  return {
    target,
    trackingSchema: 'tranche',
    definitions: sourceOf([]),
    identity: systemIdentity('0.0.0-test'),
    processes: systemProcesses,
    clock: systemClock,
    logger: silentLogger,
    random: systemRandom,
  }
}

/** Definitions as a catalogue would serve them. */
export function sourceOf(definitions: readonly BatchedMigrationDefinition[]): EnginePorts['definitions'] {
  const loaded = definitions.map((definition) => loadedOf(definition))
  return {
    find: (jobClassName) => loaded.find(({ definition }) => definition.jobClassName === jobClassName),
    list: () => loaded,
  }
}

/** What the loader makes of a definition; `text` stands for its source. */
export function loadedOf(definition: BatchedMigrationDefinition, text = definition.jobClassName): LoadedDefinition {
  const file = `${definition.jobClassName}.ts`
  return {
    definition,
    folder: '/catalogue',
    file,
    hash: createHash('sha256').update(text).digest('hex'),
    files: { [file]: text },
    packages: [],
  }
}

/** Stepped migrations as a catalogue would serve them; the list may change while a test runs. */
export function steppedSourceOf(definitions: readonly SteppedMigrationDefinition[]): EnginePorts['definitions'] {
  const load = (definition: SteppedMigrationDefinition): LoadedSteppedMigration => {
    const file = `${definition.version}_step_${definition.version.slice(-2)}.ts`
    const text = definition.operations.map(({ key }) => key).join()
    return {
      definition,
      folder: '/catalogue',
      name: `step_${definition.version.slice(-2)}`,
      file,
      hash: createHash('sha256').update(text).digest('hex'),
      files: { [file]: text },
      packages: [],
    }
  }
  return {
    ...sourceOf([]),
    stepped: () => ({ migrations: definitions.map(load), broken: [] }),
  }
}
