import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from './catalogue.ts'
import { isInside } from './catalogue-path.ts'
import { messageOf } from '../shared/errors.ts'

export interface DefinitionFiles {
  /** Relative to the root, with `/`, in the order of their names. */
  readonly files: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * Every `*.ts` below the root that should hold a definition. Linked folders are not followed: one inside the catalogue is
 * listed at its own place, and one outside is no part of it, which is said. So loops of links are harmless.
 */
export async function listDefinitionFiles(root: string): Promise<DefinitionFiles> {
  const files: string[] = []
  const problems: Problem[] = []
  const folders = ['']
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    try {
      for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`
        const { isFolder, isLink, isOutside } = await kindOf(root, path, entry)
        if (isFolder ? isSkippedFolder(entry.name) : !isDefinitionName(entry.name)) continue
        if (isOutside) problems.push(linkOutside(path))
        else if (!isFolder) files.push(path)
        else if (!isLink) folders.push(path)
      }
    } catch (cause) {
      problems.push(unreadable(folder, cause))
    }
  }
  return { files: files.sort(), problems }
}

function isDefinitionName(name: string): boolean {
  return name.endsWith('.ts') && !name.startsWith('.') && !name.endsWith('.test.ts') && !name.endsWith('.d.ts')
}

function isSkippedFolder(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.') || name === 'node_modules'
}

interface EntryKind {
  readonly isFolder: boolean
  readonly isLink: boolean
  /** A link that leads out of the catalogue. */
  readonly isOutside: boolean
}

async function kindOf(root: string, path: string, entry: Dirent): Promise<EntryKind> {
  if (!entry.isSymbolicLink()) return { isFolder: entry.isDirectory(), isLink: false, isOutside: false }
  try {
    const target = await realpath(join(root, path))
    return { isFolder: (await stat(target)).isDirectory(), isLink: true, isOutside: !isInside(root, target) }
  } catch {
    return { isFolder: false, isLink: true, isOutside: false } // it leads nowhere, which reading it will say
  }
}

function linkOutside(path: string): Problem {
  return {
    at: { file: path, line: null, column: null },
    code: 'definition_import',
    message: 'is a link that leads out of the catalogue; what it leads to is not read',
    remedy: 'Copy what it leads to into the catalogue, or remove the link.',
  }
}

function unreadable(folder: string, cause: unknown): Problem {
  const reason = messageOf(cause)
  return {
    at: { file: folder, line: null, column: null },
    code: 'definition_invalid',
    message: `the folder cannot be read: ${reason}`,
    remedy: 'Give this user the right to read it.',
  }
}
