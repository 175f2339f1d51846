/** Which practice server runs, and whose it is, as `.practice/server.json` of the checkout has it: for other processes of the same operator. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isRunning } from '../system/process-mark.ts'

const Mark = z.object({ pid: z.int().positive(), pidStart: z.string().nullable() })
const Connection = z.object({
  host: z.string(),
  port: z.int(),
  user: z.string(),
  password: z.string(),
  database: z.string(),
})

const PracticeState = z.object({
  server: Mark,
  /** The process that started the server, or took it over: it stops it, and has what is around it. */
  owner: Mark,
  connection: Connection,
  /** The other logical databases of the practice catalogue, by name. */
  others: z.record(z.string(), Connection),
  /** Where the external service of the practice listens; null: it is being started. */
  postcodeServiceUrl: z.string().nullable(),
})

export type PracticeState = z.output<typeof PracticeState>

/** The folder of the practice server's files; ignored by git, deletable while nothing runs. */
export function practiceFolder(projectFolder: string): string {
  return join(projectFolder, '.practice')
}

/** As a whole or not at all: others read it at any moment. */
export async function writePracticeState(projectFolder: string, state: PracticeState): Promise<void> {
  await mkdir(practiceFolder(projectFolder), { recursive: true })
  // Both hold the password of the private server; nobody else may read them.
  await replaceFile(serviceFile(projectFolder), serviceText(state))
  await replaceFile(stateFile(projectFolder), JSON.stringify(state))
}

/** Under another name first: who reads it meanwhile has the old one whole. */
async function replaceFile(file: string, text: string): Promise<void> {
  const half = `${file}.${String(process.pid)}`
  await writeFile(half, text, { mode: 0o600 })
  await rename(half, file)
}

/** For psql and every other client: `PGSERVICEFILE=.practice/pg_service.conf psql service=practice`. */
function serviceText({ connection, others }: PracticeState): string {
  const services = [
    ['practice', connection] as const,
    ...Object.entries(others).map(([name, other]) => [`practice_${name}`, other] as const),
  ]
  return services
    .map(([name, { host, port, user, password, database }]) =>
      [
        `[${name}]`,
        `host=${host}`,
        `port=${String(port)}`,
        `dbname=${database}`,
        `user=${user}`,
        `password=${password}`,
        '',
      ].join('\n'),
    )
    .join('\n')
}

export async function removePracticeState(projectFolder: string): Promise<void> {
  await rm(stateFile(projectFolder), { force: true })
  await rm(serviceFile(projectFolder), { force: true })
}

/** The running practice server's connections; null where none runs, or where what is written there makes no sense. */
export async function readPracticeState(projectFolder: string): Promise<PracticeState | null> {
  const text = await readFile(stateFile(projectFolder), 'utf8').catch(() => '')
  const state = PracticeState.safeParse(parse(text))
  return state.success && isRunning(state.data.server) ? state.data : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function stateFile(projectFolder: string): string {
  return join(practiceFolder(projectFolder), 'server.json')
}

function serviceFile(projectFolder: string): string {
  return join(practiceFolder(projectFolder), 'pg_service.conf')
}
