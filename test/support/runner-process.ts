/**
 * A runner in a process of its own, to be killed, frozen and interrupted: `node runner-process.ts URL MIGRATION_ID NAME`.
 * Prints one JSON line when it is loaded, one per event, and the outcome as the last one.
 */
import { createEngine } from '../../src/engine/engine.ts'
import { openTarget } from '../../src/engine/target/open-target.ts'
import { sourceOf, testPorts } from './engine-ports.ts'
import { hitEvery } from './hits.ts'

const [url = '', migrationId = '', name = 'runner'] = process.argv.slice(2)
const { hostname, port, username, password, pathname } = new URL(url)
const target = openTarget(
  {
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    database: pathname.slice(1),
    password: () => Promise.resolve(decodeURIComponent(password)),
    tls: false,
  },
  { applicationName: name, logger: { log: () => undefined } },
)
const engine = createEngine({ ...testPorts(target), definitions: sourceOf([hitEvery({ raisesOnBad: true })]) })
const stop = new AbortController()
process.once('SIGINT', () => {
  stop.abort(new Error('SIGINT'))
})
const say = (line: unknown): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
for (const event of ['job:started', 'job:taken_over', 'job:released', 'sub_batch:committed'] as const) {
  engine.on(event, (told) => {
    say({ event, ...told })
  })
}
say({ event: 'loaded' })
try {
  const { reason, jobsRun } = await engine.run(migrationId, { signal: stop.signal, parallel: 2 })
  say({ event: 'outcome', reason, jobsRun })
} catch (error) {
  say({ event: 'outcome', reason: 'thrown', message: error instanceof Error ? error.message : String(error) })
} finally {
  await target.close()
}
