/**
 * Lists (`data-list`) are one stop of Tab each: the row (`data-row`) that has the focus, else the selected one, else the one
 * that was the stop before, else the first. j, k and the arrows move along the others. One watcher for all lists, so that
 * none of them has to think of it.
 */
export function roving(root: HTMLElement): () => void {
  const settleAll = (): void => {
    for (const list of root.querySelectorAll('[data-list]')) settle(list)
  }
  const watcher = new MutationObserver(settleAll)
  watcher.observe(root, { subtree: true, childList: true, attributeFilter: ['aria-current', 'data-row', 'data-list'] })
  const follow = ({ target }: FocusEvent): void => {
    const list = target instanceof Element && target.matches('[data-row]') ? target.closest('[data-list]') : null
    if (list !== null) settle(list)
  }
  root.addEventListener('focusin', follow)
  settleAll()
  return () => {
    watcher.disconnect()
    root.removeEventListener('focusin', follow)
  }
}

export function rowsOf(list: Element): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('[data-row]')]
}

export function isSelected(row: Element): boolean {
  return row.matches('[aria-current="true"], [aria-current="page"]')
}

function settle(list: Element): void {
  const rows = rowsOf(list)
  const stop =
    rows.find((row) => row === document.activeElement) ??
    rows.find(isSelected) ??
    rows.find((row) => row.getAttribute('tabindex') === '0') ??
    rows[0]
  for (const row of rows) {
    const wanted = row === stop ? '0' : '-1'
    if (row.getAttribute('tabindex') !== wanted) row.setAttribute('tabindex', wanted)
  }
}
