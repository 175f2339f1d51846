/** What a row is as text: what its list gave to be copied (`data-copy`), else its cells, parted by tabs. */
export function textOfRow(row: Element): string {
  const given = row.closest('[data-copy]')?.getAttribute('data-copy')
  if (given !== undefined && given !== null) return given
  const whole = row.closest('tr, li') ?? row
  const cells = [...whole.querySelectorAll('td, th')]
  const texts = cells.length > 0 ? cells.map(textOf) : [textOf(whole)]
  return texts.filter((text) => text !== '').join('\t')
}

function textOf(element: Element): string {
  return element.textContent.replaceAll(/\s+/g, ' ').trim()
}
