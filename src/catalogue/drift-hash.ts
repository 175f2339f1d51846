import { createHash } from 'node:crypto'

/**
 * SHA-256 over a definition and every catalogue file that it imports, as hex. The same commit gives the same hash on
 * every machine: paths are relative with `/` and in one Unicode form (macOS hands out decomposed names), and the texts
 * come without byte order mark and with LF (git may check out CRLF; JavaScript itself reads both alike, even inside
 * template literals). Path and text are led by their lengths, so that nothing can be moved from one to the other.
 */
export function driftHash(files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256')
  const entries = Object.entries(files).map(([path, text]) => [path.normalize('NFC'), text] as const)
  for (const [path, text] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const part of [path, text]) hash.update(`${String(Buffer.byteLength(part))}:`).update(part)
  }
  return hash.digest('hex')
}
