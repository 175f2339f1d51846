/** The tracking schema as plain numbered SQL files; `{{schema}}` in them stands for the quoted schema name. */
import { readdir, readFile } from 'node:fs/promises'
import { quoteIdentifier } from '../../shared/sql.ts'

const SCHEMA_FOLDER = new URL('schema/', import.meta.url)

export interface SchemaStep {
  readonly version: number
  readonly text: string
}

/** All steps in order, written for `schema`. */
export async function readSteps(schema: string): Promise<readonly SchemaStep[]> {
  const quoted = quoteIdentifier(schema)
  return (await readTemplates()).map(({ version, text }) => ({
    version,
    text: text.replaceAll('{{schema}}', () => quoted),
  }))
}

/** The version that this program installs and knows. */
export async function newestVersion(): Promise<number> {
  return (await readTemplates()).at(-1)?.version ?? 0
}

export interface OwnObjects {
  readonly tables: readonly string[]
  readonly views: readonly string[]
  /** With their arguments, since a function of the same name may be somebody else's. */
  readonly functions: readonly { readonly name: string; readonly argumentList: string }[]
}

/** Everything that the steps create, by name, so that nothing else is ever dropped. */
export async function listOwnObjects(): Promise<OwnObjects> {
  const text = (await readTemplates()).map((template) => template.text).join('\n')
  return {
    tables: [...text.matchAll(/^CREATE TABLE \{\{schema\}\}\.(\w+) /gm)].map(([, name = '']) => name),
    views: [...text.matchAll(/^CREATE VIEW \{\{schema\}\}\.(\w+) /gm)].map(([, name = '']) => name),
    functions: [...text.matchAll(/^CREATE FUNCTION \{\{schema\}\}\.(\w+)(\([^)]*\))/gm)].map(
      ([, name = '', argumentList = '']) => ({ name, argumentList }),
    ),
  }
}

/** The extended protocol takes one statement a message; a semicolon at a line's end parts them, but not inside $$ … $$. */
export function splitStatements(text: string): readonly string[] {
  const withoutComments = text.replaceAll(/^\s*--.*$/gm, '')
  const statements: string[] = []
  let statement = ''
  let isInBody = false
  for (const line of withoutComments.split('\n')) {
    statement += `${line}\n`
    if ((line.match(/\$\$/g)?.length ?? 0) % 2 === 1) isInBody = !isInBody
    if (isInBody || !line.trimEnd().endsWith(';')) continue
    statements.push(statement.trim().replace(/;$/, ''))
    statement = ''
  }
  return statements
}

async function readTemplates(): Promise<readonly SchemaStep[]> {
  const files = (await readdir(SCHEMA_FOLDER)).filter((file) => /^\d{4}\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => ({
      version: Number(file.slice(0, 4)),
      text: await readFile(new URL(file, SCHEMA_FOLDER), 'utf8'),
    })),
  )
}
