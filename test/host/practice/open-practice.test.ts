import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'
import { resolveTarget } from '../../../src/host/connection/resolve-target.ts'
import { findOtherPracticeTargets, findPracticeTarget } from '../../../src/host/practice/find-practice-target.ts'
import { openPractice } from '../../../src/host/practice/open-practice.ts'
import { runPracticeSql } from '../../../src/host/practice/run-practice-sql.ts'
import { silentLogger } from '../../support/engine-ports.ts'
import { createServerFolder, listProcesses } from '../postgres/server-folder.ts'

it('starts a private server, lets other processes find it, and stops only what it started', async () => {
  const projectFolder = await createServerFolder()
  const request = { projectFolder, rows: 100, isReset: false, logger: silentLogger, onProgress: () => undefined }
  const first = await openPractice(request)
  onTestFinished(() => first.close())
  const second = await openPractice(request)

  expect([first.isOurs, second.isOurs, second.isFilled]).toEqual([true, false, false])
  await second.close()
  expect(await findPracticeTarget(projectFolder)).toMatchObject({
    port: first.parameters.port,
    database: 'tranche_practice',
  })
  const others = await findOtherPracticeTargets(projectFolder)
  expect([...others].map(([name, { database }]) => [name, database])).toEqual([['ci', 'tranche_practice_ci']])
  expect(
    await runPracticeSql(projectFolder, { statements: 'SELECT 1 AS one, NULL AS none; SELECT', database: 'main' }),
  ).toBe('one | none\n----+-----\n1   | NULL\n(1 row)\n\nSELECT 1')
  const service = join(projectFolder, '.practice', 'pg_service.conf')
  expect((await stat(service)).mode & 0o077).toBe(0)
  const { parameters } = await resolveTarget({
    ...{ url: 'postgres:///?service=practice_ci', connection: null, environment: null, isWriting: false },
    ...{ env: { PGSERVICEFILE: service }, projectFolder, warn: () => undefined },
  })
  expect(parameters).toMatchObject({ port: first.parameters.port, database: 'tranche_practice_ci' })
  expect(await parameters.password()).toBe(await first.parameters.password())
  await first.close()
  await expect(stat(service)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await findPracticeTarget(projectFolder)).toBeNull()
})

const OPEN = fileURLToPath(new URL('../../support/practice-process.ts', import.meta.url))

it('takes over the server of a process that was killed: its service is there anew, and its end is ours', async () => {
  const projectFolder = await createServerFolder()
  const child = spawn(process.execPath, [OPEN, projectFolder], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  const { port } = (await findPracticeTarget(projectFolder)) ?? {}
  child.kill('SIGKILL')
  await once(child, 'exit')

  const practice = await openPractice({
    ...{ projectFolder, isReset: false, logger: silentLogger, onProgress: () => undefined },
  })
  onTestFinished(() => practice.close())

  expect([practice.isOurs, practice.parameters.port]).toEqual([true, port])
  const { host, user, database } = practice.parameters
  const client = new pg.Client({ host, port, user, database, password: (await practice.parameters.password()) ?? '' })
  await client.connect()
  const { rows } = await client.query<{ url: string }>('SELECT postcode_service_url AS url FROM application_settings')
  await client.end()
  expect((await fetch(`${rows[0]?.url ?? ''}/postcodes/12346`)).status).toBe(200)
  await practice.close()
  expect(await listProcesses(projectFolder)).toEqual([])
})

it('takes a note that cannot be read for none', async () => {
  const projectFolder = await createServerFolder()
  const first = await openPractice({
    ...{ projectFolder, rows: 100, isReset: false, logger: silentLogger, onProgress: () => undefined },
  })
  onTestFinished(() => first.close())

  await writeFile(join(projectFolder, '.practice', 'server.json'), '{"server":{"pid":1')

  expect(await findPracticeTarget(projectFolder)).toBeNull()
})
