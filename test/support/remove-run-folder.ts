/** Waits for the end of the test runner, however it comes, then ends the servers in the run's folder and deletes it. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { removeServer } from './remove-server.ts'

const [folder = ''] = process.argv.slice(2)
// The runner holds the other end of this pipe as long as it lives.
await buffer(process.stdin)
const entries = await readdir(folder, { withFileTypes: true })
const inner = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('postgres-'))
for (const path of [folder, ...inner.map(({ name }) => join(folder, name))]) await removeServer(path)
await rm(folder, { recursive: true, force: true, maxRetries: 5 })
