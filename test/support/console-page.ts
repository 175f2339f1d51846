/** A page of a console: its client and replica, with a connection to the test's database open. */
import type { Backend } from '../../src/host/create-backend.ts'
import { type Client, createClient } from '../../src/shared/contract.ts'
import { CONSOLE_CATALOGUE, type ConsoleBundle, setupConsole } from './console-setup.ts'
import { openReplica, type Replica } from './replica.ts'
import { openTransport } from './transports.ts'

export interface Page {
  readonly call: Client
  readonly replica: Replica
  readonly connectionId: string
}

export async function openPage(backend: Backend, url: string, draft: { trackingSchema?: string } = {}): Promise<Page> {
  const { transport } = await openTransport('in-process', backend)
  const call = createClient(transport)
  const replica = await openReplica(transport, call)
  const { connectionId } = await call('connections.add', {
    name: 'test',
    environment: 'staging',
    place: { kind: 'url', url },
    catalogueFolder: CONSOLE_CATALOGUE,
    ...draft,
  })
  await call('connections.open', { connectionId })
  return { call, replica, connectionId }
}

/** Installs, plans and queues; returns the id. */
export async function queue(
  { call, connectionId, replica }: Page,
  jobClassName: string,
  more: object = {},
): Promise<string> {
  await call('tracking.install', { connectionId })
  await replica.until(({ targets }) => targets[connectionId]?.isInstalled === true)
  const input = { connectionId, jobClassName, ...more }
  const { definitionHash } = await call('queue.plan', input)
  const { migration } = await call('queue.submit', { ...input, definitionHash })
  return migration.id
}

export async function setupPage(): Promise<ConsoleBundle & { readonly page: Page }> {
  const bundle = await setupConsole()
  return { ...bundle, page: await openPage(bundle.backend, bundle.url) }
}
