import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where one server's files are: `data/`, `password` and `server.log`, in a folder named after the major version. */
export interface Cluster {
  readonly folder: string
  readonly dataFolder: string
  readonly passwordFile: string
  readonly settingsFile: string
  readonly logFile: string
}

/** The superuser of every cluster that we make. */
export const SUPERUSER = 'tranche'

export function clusterAt(folder: string): Cluster {
  const dataFolder = join(folder, 'data')
  return {
    folder,
    dataFolder,
    passwordFile: join(folder, 'password'),
    settingsFile: join(dataFolder, 'tranche.conf'),
    logFile: join(folder, 'server.log'),
  }
}

export async function clusterExists({ folder }: Cluster): Promise<boolean> {
  return access(folder).then(
    () => true,
    () => false,
  )
}

export async function readPassword({ passwordFile }: Cluster): Promise<string> {
  return (await readFile(passwordFile, 'utf8')).trim()
}
