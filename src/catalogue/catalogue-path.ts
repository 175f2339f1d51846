/** Paths and module addresses inside a catalogue. */
import { isAbsolute, relative, sep } from 'node:path'

/** Whether `path` is `root` or lies below it; both absolute. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** A file's path from the root, with `/` on every platform. */
export function catalogueRelative(root: string, path: string): string {
  return relative(root, path).replaceAll(sep, '/')
}

/**
 * Modules of a catalogue have addresses of their own, not file: URLs. So they can be told from everything else in the
 * process, each opening loads afresh (Node never forgets a module), no character of a path is special, and a stack trace
 * shows the path inside the catalogue.
 */
export function moduleAddress(generation: string, path: string): string {
  return `${addressPrefix(generation)}${path.split('/').map(encodeURIComponent).join('/')}`
}

export function addressPrefix(generation: string): string {
  return `tranche://${generation}/`
}

/** The path behind an address of this generation, or null for any other URL. */
export function pathOfAddress(generation: string, address: string): string | null {
  const prefix = addressPrefix(generation)
  return address.startsWith(prefix) ? decodeURIComponent(address.slice(prefix.length)) : null
}
