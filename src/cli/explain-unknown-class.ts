/** A class that is not among the definitions may be one whose file is broken: then the file's problem is what to tell. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { BrokenFile, Catalogue } from '../catalogue/catalogue.ts'
import { TrancheError } from '../shared/errors.ts'
import { suggest } from './suggest.ts'

/** Throws definition_invalid, definition_import or unknown_class. */
export async function explainUnknownClass(
  { folder, definitions, broken }: Catalogue,
  jobClassName: string,
): Promise<never> {
  for (const file of broken) {
    if (!(await mentions(join(folder, file.file), jobClassName))) continue
    const { code, message, remedy, line, column } = file
    throw new TrancheError(code, `${jobClassName} cannot be used: ${placeOf(file)}: ${message}`, {
      remedy,
      details: { file: file.file, line, column },
    })
  }
  const known = definitions.map(({ definition }) => definition.jobClassName)
  const near = suggest(jobClassName, known)
  const listed =
    known.length === 0 ? `The catalogue ${folder} has no usable definition.` : `The catalogue has: ${known.join(', ')}.`
  throw new TrancheError(
    'unknown_class',
    `the catalogue has no definition with the job class name ${JSON.stringify(jobClassName)}`,
    {
      remedy: [
        ...(near === null ? [] : [`Did you mean ${near}?`]),
        listed,
        ...(broken.length === 0
          ? []
          : [`Broken: ${broken.map(({ file }) => file).join(', ')} (tranche list shows why).`]),
      ].join(' '),
      details: { known },
    },
  )
}

function placeOf({ file, line }: BrokenFile): string {
  return line === null ? file : `${file}:${String(line)}`
}

/** By its text, or by a file name that is the class in other spelling: the text may be what cannot be read. */
async function mentions(path: string, jobClassName: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return (
    new RegExp(`(['"\`])${escapeRegExp(jobClassName)}\\1`).test(text) ||
    plain(basename(path).replace(/\.\w+$/, '')) === plain(jobClassName)
  )
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
