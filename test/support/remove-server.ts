import { readdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterAt } from '../../src/host/postgres/cluster.ts'
import { findPostmaster, stopPostmaster } from '../../src/host/postgres/postmaster.ts'
import { findServerAccount } from '../../src/host/postgres/server-account.ts'
import { openServerHome } from '../../src/host/postgres/server-home.ts'

/** Ends whatever server runs in the folder of `startServer`, and deletes its clusters and binaries. Safe to repeat. */
export async function removeServer(folder: string): Promise<void> {
  const home = await openServerHome(folder, await findServerAccount(folder))
  const names = await readdir(home)
  for (const name of names.filter((entry) => entry.startsWith('postgres-'))) {
    const cluster = clusterAt(join(home, name))
    const postmaster = await findPostmaster(cluster)
    if (postmaster !== null) await stopPostmaster(cluster, postmaster)
  }
  const ours = names.filter((entry) => /^(postgres|binaries)-\d/.test(entry))
  await Promise.all(ours.map((name) => rm(join(home, name), { recursive: true, force: true })))
  if (home !== (await realpath(folder))) await rm(home, { recursive: true, force: true })
}
