/** PgBouncer in transaction pooling before the test's server; run like PostgreSQL by somebody who is not root. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { inject, onTestFinished } from 'vitest'
import { findFreePort } from '../../src/host/postgres/free-port.ts'
import { runProgram, serverEnvironment, spawnIdentity } from '../../src/host/postgres/run-program.ts'
import { findServerAccount } from '../../src/host/postgres/server-account.ts'
import type { ServerConnection } from '../../src/host/postgres/server-login.ts'
import { until } from './until.ts'

const PROGRAMS = ['pgbouncer', '/usr/sbin/pgbouncer', '/usr/local/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer']

/** The program and what it says of its version; null where there is none. */
export async function findPgbouncer(): Promise<{ readonly program: string; readonly version: string } | null> {
  for (const program of PROGRAMS) {
    const result = await runProgram(program, ['--version'], { account: null, cwd: '/' }).catch(() => null)
    if (result?.exitCode === 0) return { program, version: result.output.split('\n')[0] ?? '' }
  }
  return null
}

/** Starts it for one test; ended with it. So few sessions that transactions of one client meet different ones. */
export async function startPgbouncer(program: string, server: ServerConnection): Promise<{ readonly port: number }> {
  const folder = await mkdtemp(join(inject('runFolder'), 'pgbouncer-'))
  const account = await findServerAccount(folder)
  const port = await findFreePort({ first: 55_700, count: 200 })
  const file = join(folder, 'pgbouncer.ini')
  const { host, user, password } = server
  await writeFile(
    file,
    `[databases]
* = host=${host} port=${String(server.port)} user=${user} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${String(port)}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 100
log_connections = 0
log_disconnections = 0
`,
    { mode: 0o600 },
  )
  if (account !== null) for (const path of [folder, file]) await chown(path, account.uid, account.gid)
  const child = spawn(program, [file], {
    cwd: folder,
    env: serverEnvironment(),
    stdio: ['ignore', 'ignore', 'ignore'],
    ...spawnIdentity(account),
  })
  onTestFinished(async () => {
    if (child.exitCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    }
    await rm(folder, { recursive: true })
  })
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${String(child.exitCode)}`)
    return listens(port)
  })
  return { port }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
