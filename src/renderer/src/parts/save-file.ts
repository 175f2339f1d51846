const TYPES = { md: 'text/markdown', json: 'application/json', csv: 'text/csv' } as const

/** Hands a text to the operator as a file. */
export function saveFile(fileName: string, text: string): void {
  const [, ending = 'md'] = /\.(md|json|csv)$/.exec(fileName) ?? []
  const url = URL.createObjectURL(new Blob([text], { type: TYPES[ending as keyof typeof TYPES] }))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  URL.revokeObjectURL(url)
}
