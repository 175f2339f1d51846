/** What `openCatalogue` answers. */
import type { DefinitionSource, SteppedSource } from '../engine/ports.ts'
import type { ErrorCode } from '../shared/errors.ts'
import type { LoadedDefinition } from './definition.ts'

export interface FilePosition {
  /** Relative to the catalogue's root, with `/`. */
  readonly file: string
  /** From 1; null where nothing tells. */
  readonly line: number | null
  readonly column: number | null
}

/** Why a file is not among the definitions. */
export interface Problem {
  readonly at: FilePosition
  readonly code: Extract<ErrorCode, 'definition_invalid' | 'definition_import'>
  readonly message: string
  readonly remedy: string
}

/** A definition, or another file of the catalogue, that cannot be used. */
export interface BrokenFile {
  readonly file: string
  /** The place in `file`, or null where the problem lies in a file that it imports: then `origin` has it. */
  readonly line: number | null
  readonly column: number | null
  /** The place in an imported file, or null where the problem lies in `file` itself. */
  readonly origin: FilePosition | null
  readonly code: Problem['code']
  readonly message: string
  readonly remedy: string
}

export interface Catalogue extends DefinitionSource {
  stepped(): SteppedSource
  /** Absolute, links resolved. */
  readonly folder: string
  /** By job class name. */
  readonly definitions: readonly LoadedDefinition[]
  readonly broken: readonly BrokenFile[]
  /** From tranche.config.json: releases at which an upgrade must stop. */
  readonly requiredStops: readonly string[]
  /** Whether a file came, went or was written since it was read. */
  hasChanged(): Promise<boolean>
  /** Ends the loading of modules for this catalogue. Its definitions stay usable. May be called twice. */
  close(): void
}

/** A problem as it is listed for `file`. */
export function brokenFile(file: string, { at, code, message, remedy }: Problem): BrokenFile {
  if (at.file === file) return { file, line: at.line, column: at.column, origin: null, code, message, remedy }
  const place = at.line === null ? at.file : `${at.file}:${String(at.line)}`
  return { file, line: null, column: null, origin: at, code, message: `${place}: ${message}`, remedy }
}
