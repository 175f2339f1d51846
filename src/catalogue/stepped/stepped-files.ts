/** Files of stepped migrations: `20250123143913_create_code_embeddings.ts`. The name gives order and title. */
import { brokenFile, type BrokenFile } from '../catalogue.ts'
import type { DefinitionFile } from '../definition.ts'
import type { BrokenSteppedFile, LoadedSteppedMigration, SteppedMigrationDefinition } from './definition.ts'

const FILE_NAME = /(?:^|\/)(\d{14})_([a-z0-9_]+)\.ts$/

/** A file whose definition could be loaded, and has another version than its name. */
interface MisnamedFile extends BrokenFile {
  readonly version: string
}

/** The definition under its file's name, or the file as one that cannot be used. */
export function nameSteppedMigration(
  definition: SteppedMigrationDefinition,
  place: DefinitionFile,
): LoadedSteppedMigration | MisnamedFile {
  const [, version, name] = FILE_NAME.exec(place.file) ?? []
  if (version === definition.version && name !== undefined) return { definition, name, ...place }
  const expected = `${definition.version}_${name ?? 'what_it_does'}.ts`
  const said = `is the stepped migration ${definition.version}; expected the file name ${expected}`
  return { ...unusable(place.file, said), version: definition.version }
}

/** Which of two files of one version is meant is for their authors to say: neither is used. */
export function separateVersions(loaded: readonly LoadedSteppedMigration[]): {
  readonly unique: readonly LoadedSteppedMigration[]
  readonly repeated: readonly BrokenFile[]
} {
  const groups = [...Map.groupBy(loaded, ({ definition }) => definition.version).values()]
  const byVersion = (a: LoadedSteppedMigration, b: LoadedSteppedMigration): number =>
    a.definition.version < b.definition.version ? -1 : 1
  return {
    unique: groups.flatMap((group) => (group.length === 1 ? group : [])).sort(byVersion),
    repeated: groups.flatMap((group) =>
      group.length === 1
        ? []
        : group.map(({ file, definition }) =>
            unusable(
              file,
              `another file has the version ${definition.version} too; expected one file for each version`,
            ),
          ),
    ),
  }
}

/**
 * By the names of their files, since one that cannot be loaded does not say what it is; a misnamed one stands under both
 * versions. Of two files with one version, the first.
 */
export function brokenSteppedOf(broken: readonly (BrokenFile | MisnamedFile)[]): readonly BrokenSteppedFile[] {
  const found = broken.flatMap((each) => {
    const { file, line, message, remedy } = each
    const [, named, name = null] = FILE_NAME.exec(file) ?? []
    const versions = new Set([named, 'version' in each ? each.version : undefined])
    return [...versions].flatMap((version) =>
      version === undefined ? [] : [{ version, name, file, line, message, remedy }],
    )
  })
  const firsts = [...Map.groupBy(found, ({ version }) => version).values()].flatMap(([first]) => first ?? [])
  return firsts.sort((a, b) => (a.version < b.version ? -1 : 1))
}

function unusable(file: string, message: string): BrokenFile {
  return brokenFile(file, {
    at: { file, line: null, column: null },
    code: 'definition_invalid',
    message,
    remedy: 'Rename the file, or correct its version.',
  })
}
