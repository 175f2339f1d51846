/** A real walsender's other end: it says how far it is only when the test wants it to. */
import pg from 'pg'
import { onTestFinished } from 'vitest'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'

export interface ReplicationClient {
  /** Reports that everything up to this position was written, flushed and applied. */
  report(position: bigint): void
}

export async function openReplicationClient(
  server: ServerConnection,
  { name, from }: { readonly name: string; readonly from: string },
): Promise<ReplicationClient> {
  const options = { ...server, application_name: name, replication: 'true' }
  const client = new pg.Client(options)
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => {
    client.connection.stream.destroy()
  })
  // It never answers: from here on the two sides stream.
  client.query(`START_REPLICATION PHYSICAL ${from}`).catch(() => undefined)
  return {
    report(position) {
      const message = Buffer.alloc(34)
      message.write('r', 0)
      for (const offset of [1, 9, 17]) message.writeBigInt64BE(position, offset)
      message.writeBigInt64BE(0n, 25)
      const connection = client.connection as unknown as { sendCopyFromChunk(chunk: Buffer): void }
      connection.sendCopyFromChunk(message)
    },
  }
}
