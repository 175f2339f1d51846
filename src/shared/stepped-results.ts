/** What operations of stepped migrations found and did, in words of people; a program reads the names as they are. */
const RESULT_NAMES: Readonly<Record<string, string>> = {
  checksum: 'checksum of both tables',
  copiedBy: 'copied by',
  notFromSource: 'rows from elsewhere',
  passes: 'passes of the comparison',
  rowCounts: 'rows of each statement',
  rows: 'rows in both tables',
  rowsCopiedAgain: 'rows copied again',
  rowsKept: 'rows left as they were',
  wasThere: 'table was there before',
  withoutPartner: 'rows without a partner',
  withoutPartnerRows: 'the first of them',
}

/** `rowsCopiedAgain` → `rows copied again`; a name that is an author's own, such as a collection's metadata, stays in its words. */
export function resultName(name: string): string {
  return (
    (Object.hasOwn(RESULT_NAMES, name) ? RESULT_NAMES[name] : undefined) ??
    name.replaceAll('_', ' ').replaceAll(/(?<=[a-z\d])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  )
}
