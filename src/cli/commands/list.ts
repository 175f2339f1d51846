import type { Catalogue } from '../../catalogue/catalogue.ts'
import type { CatalogueValue, CliValues, ListValue } from '../../shared/cli-output.ts'
import { defineCommand } from '../command.ts'
import { listStates } from '../list-states.ts'
import type { OpenedDatabase, Session } from '../session.ts'
import { listText } from '../text/list-text.ts'

export const list = defineCommand({
  name: 'list',
  operands: { usage: '', min: 0, max: 0 },
  flags: {},
  help: 'Shows the definitions of the catalogue (broken files too) and the state of each in the target. Without a named target only the catalogue.',
  onSignal: 'leave',
  async run(_input, session) {
    const value =
      session.namesTarget || session.catalogueFolder === null
        ? await listBoth(session)
        : await listFolder(session.catalogueFolder)
    return { value, text: listText(value) }
  },
})

async function listBoth(session: Session): Promise<CliValues['list']> {
  const { all, catalogue } = await session.open({ verb: null, catalogue: 'welcome' })
  const databases: ListValue['databases'][number][] = []
  const installed: OpenedDatabase[] = []
  for (const each of all) {
    const [isInstalled, isAttached] = [await each.engine.isInstalled(), await each.engine.isAttached()]
    if (isInstalled || isAttached) installed.push(each)
    databases.push({ database: each.database, description: each.target.description, isInstalled, isAttached })
  }
  const [first = null] = databases
  return {
    catalogue: catalogue === null ? null : describe(catalogue),
    target: first === null ? null : withoutName(first),
    databases,
    migrations: await listStates(installed),
  }
}

function withoutName({ description, isInstalled, isAttached }: ListValue['databases'][number]): ListValue['target'] {
  return { description, isInstalled, isAttached }
}

async function listFolder(folder: string): Promise<CliValues['list']> {
  const { openCatalogue } = await import('../../catalogue/loader.ts')
  const catalogue = await openCatalogue(folder)
  catalogue.close()
  return { catalogue: describe(catalogue), target: null, databases: [], migrations: [] }
}

function describe(catalogue: Catalogue): CatalogueValue {
  const { folder, definitions, broken } = catalogue
  return {
    folder,
    definitions: definitions.map(({ definition, file, hash, packages }) => ({
      jobClassName: definition.jobClassName,
      description: definition.description,
      file,
      hash,
      table: definition.table,
      columns: definition.columns,
      database: definition.database,
      arguments: Object.keys(definition.arguments),
      packages,
    })),
    stepped: catalogue
      .stepped()
      .migrations.map(({ definition: { version, milestone }, name, file, hash, packages }) => ({
        ...{ version, name, file, hash, milestone, packages },
      })),
    broken: broken.map(({ file, line, column, code, message, remedy }) => ({
      file,
      line,
      column,
      code,
      message,
      remedy,
    })),
  }
}
