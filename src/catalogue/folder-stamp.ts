/** Whether a catalogue's folder is still as it was read, without reading its files. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Paths, sizes and times of its files, helpers included. What cannot be looked at counts with its name alone; reading says
 * why. Nothing below node_modules or a folder with a dot.
 */
export async function stampOf(root: string): Promise<string> {
  const lines: string[] = []
  const folders = ['']
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      const path = join(folder, entry.name)
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      if (entry.isDirectory()) folders.push(path)
      else lines.push(await lineOf(root, path))
    }
  }
  return lines.sort().join('\n')
}

async function lineOf(root: string, path: string): Promise<string> {
  try {
    const { size, mtimeMs, ino } = await stat(join(root, path))
    return [path, size, mtimeMs, ino].join('\t')
  } catch {
    return path
  }
}
