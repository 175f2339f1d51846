/** The log file of a console's backend. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createClient } from '../../src/shared/contract.ts'
import { setupConsole } from '../support/console-setup.ts'
import { openTransport } from '../support/transports.ts'

it('tells start, connections, refusals and end in a file, whose path the page knows, and no password', async () => {
  const { backend, connection, url, folder } = await setupConsole()
  const call = createClient((await openTransport('in-process', backend)).transport)
  const draft = { name: 'a', environment: 'staging', place: { kind: 'url', url } } as const
  const { connectionId } = await call('connections.add', draft)

  await call('connections.open', { connectionId })
  await expect(call('connections.add', draft)).rejects.toMatchObject({ code: 'invalid_setting' })
  await call('connections.close', { connectionId })
  const { state } = await call('app.snapshot')
  await backend.close()

  expect(state.app.logFile).toBe(join(folder, 'console.log'))
  const text = await readFile(state.app.logFile, 'utf8')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const messages = lines.map(({ message }) => message)
  expect(messages).toEqual([
    'the console started',
    'connection connecting',
    'connection connected',
    'a call was refused',
    'connection closed',
    'the console ended',
  ])
  expect(lines[3]).toMatchObject({ severity: 'INFO', method: 'connections.add', exception_class: 'invalid_setting' })
  expect(text).not.toContain(connection.password)
})
