/** Certificates of the test's own authority, made by the machine's openssl. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from './temporary-folder.ts'

const run = promisify(execFile)

export interface Authority {
  /** Of its own certificate. */
  readonly caFile: string
  /** A certificate and its key, as PEM. `names` as openssl writes them: `DNS:localhost,IP:127.0.0.1`. */
  issue(request: {
    readonly names: string
    readonly days: number
  }): Promise<{ readonly cert: string; readonly key: string }>
}

/** Whether certificates can be made here. */
export async function hasOpenssl(): Promise<boolean> {
  return run('openssl', ['version']).then(
    () => true,
    () => false,
  )
}

export async function createAuthority(name: string): Promise<Authority> {
  const folder = await temporaryFolder()
  const [caFile, caKey] = [join(folder, 'ca.crt'), join(folder, 'ca.key')]
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650'],
    ...['-subj', `/CN=${name}`, '-keyout', caKey, '-out', caFile],
  ])
  return {
    caFile,
    async issue({ names, days }) {
      const [key, request, cert, more] = ['key', 'csr', 'crt', 'ext'].map((end) => join(folder, `server.${end}`)) as [
        string,
        string,
        string,
        string,
      ] // four of four
      await writeFile(more, `subjectAltName=${names}\n`)
      await run('openssl', [
        ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=database'],
        ...['-keyout', key, '-out', request],
      ])
      await run('openssl', [
        ...['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', caKey, '-CAcreateserial'],
        ...['-days', String(days), '-extfile', more, '-out', cert],
      ])
      return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
    },
  }
}
