/**
 * One console for browser tests, as a process of its own: the practice database (started, or adopted where another process
 * of the same folder has it; none with --bare), the backend and the web host. A line on stdin asks for an address; its end
 * stops everything.
 */
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { TargetParameters } from '../../../src/engine/target/parameters.ts'
import { createBackend } from '../../../src/host/create-backend.ts'
import { openPractice } from '../../../src/host/practice/open-practice.ts'
import { startWebHost } from '../../../src/host/web.ts'

const { values } = parseArgs({
  options: {
    project: { type: 'string' },
    home: { type: 'string' },
    rows: { type: 'string', default: '6000' },
    bare: { type: 'boolean', default: false },
  },
})
const { project, home, rows, bare: isBare } = values
if (project === undefined || home === undefined) throw new Error('expected --project DIR --home DIR')
const logger = { log: () => undefined }
const practice = isBare
  ? null
  : await openPractice({
      projectFolder: project,
      rows: Number(rows),
      isReset: false,
      logger,
      onProgress: () => undefined,
    })
const backend = await createBackend({
  logger,
  projectFolder: project,
  folder: home,
  ...(practice === null ? {} : { practice }),
})
const rendererFolder = fileURLToPath(new URL('../../../out/renderer', import.meta.url))
const host = await startWebHost({ backend, rendererFolder, logger })
process.stdout.write(`${JSON.stringify({ database: practice === null ? '' : await urlOf(practice.parameters) })}\n`)

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'url') process.stdout.write(`${JSON.stringify({ url: host.url() })}\n`)
}
await host.close()
await backend.close()
await practice?.close()

/** For tests that ask the database itself. */
async function urlOf({ host: address, port, user, database, password }: TargetParameters): Promise<string> {
  const url = new URL(`postgres://host/${encodeURIComponent(database)}`)
  url.hostname = address
  url.port = String(port)
  url.username = user
  url.password = (await password()) ?? ''
  return url.href
}
