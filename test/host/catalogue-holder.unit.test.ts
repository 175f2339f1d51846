import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type CatalogueHolder, createCatalogueHolder } from '../../src/host/catalogue-holder.ts'

const stepped = (
  version: string,
  statement: string,
): string => `import { defineSteppedMigration, runSql, sql } from 'tranche'
export default defineSteppedMigration({ version: '${version}', operations: [runSql('x', sql\`${statement}\`)] })
`

interface Setup {
  readonly holder: CatalogueHolder
  readonly write: (file: string, text: string) => Promise<void>
  readonly remove: (file: string) => Promise<void>
}

async function setup(): Promise<Setup> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tranche-catalogue-')))
  const write = (file: string, text: string): Promise<void> => writeFile(join(folder, file), text)
  await write('20250101000000_one.ts', stepped('20250101000000', 'SELECT 1'))
  const holder = createCatalogueHolder(folder)
  onTestFinished(async () => {
    holder.close()
    await rm(folder, { recursive: true })
  })
  await holder.get()
  return { holder, write, remove: (file) => rm(join(folder, file)) }
}

const versions = (holder: CatalogueHolder): unknown => ({
  files: holder.stepped?.()?.migrations.map(({ definition }) => definition.version),
  broken: holder.stepped?.()?.broken.map(({ version }) => version),
})

it('knows files that came, went, or can no longer be read', async () => {
  const { holder, write, remove } = await setup()
  await write('20250102000000_two.ts', stepped('20250102000000', 'SELECT 2'))
  await write('20250103000000_three.ts', 'export default {')
  await write('tranche.config.json', '{ "requiredStops": ["17.5"] }')
  await holder.refresh()
  expect(versions(holder)).toEqual({ files: ['20250101000000', '20250102000000'], broken: ['20250103000000'] })
  expect(holder.requiredStops).toEqual(['17.5'])

  await remove('20250101000000_one.ts')
  await remove('20250103000000_three.ts')
  await holder.refresh()
  expect(versions(holder)).toEqual({ files: ['20250102000000'], broken: [] })
})

it('sees another text, and reads nothing where all is as it was', async () => {
  const { holder, write } = await setup()
  const first = holder.stepped?.()
  await holder.refresh()
  expect(holder.stepped?.()).toBe(first)

  await write('20250101000000_one.ts', stepped('20250101000000', 'SELECT 11'))
  await holder.refresh()
  expect(holder.stepped?.()?.migrations[0]?.hash).not.toBe(first?.migrations[0]?.hash)
})

it('says that the folder is gone, and keeps what was read', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tranche-catalogue-')))
  await writeFile(join(folder, '20250101000000_one.ts'), stepped('20250101000000', 'SELECT 1'))
  const holder = createCatalogueHolder(folder)
  onTestFinished(() => {
    holder.close()
  })
  await holder.get()
  await rm(folder, { recursive: true })

  await expect(holder.refresh()).rejects.toMatchObject({ code: 'catalogue_missing' })
  expect(versions(holder)).toEqual({ files: ['20250101000000'], broken: [] })
})
