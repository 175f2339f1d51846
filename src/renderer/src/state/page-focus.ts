/**
 * The focus is never nowhere: what had it and went away, or was disabled while something was done, hands it on. To the page's
 * heading, from which Tab leads to its actions; a button that comes back gets it back.
 */
export function keepFocus(root: HTMLElement): () => void {
  let last: HTMLElement | null = null
  /** What had the focus is disabled for a while. */
  let isWaiting = false

  const check = (): void => {
    if (last === null || hasFocus()) return
    if (!last.isConnected) {
      last = null
      focusHeading(root)
    } else if (last.matches(':disabled')) {
      isWaiting = true
    } else if (isWaiting) {
      isWaiting = false
      last.focus()
    } else {
      // Let go of by the operator: a click beside it, or Esc.
      last = null
    }
  }
  const enter = ({ target }: FocusEvent): void => {
    isWaiting = false
    last = target instanceof HTMLElement ? target : null
  }
  // What is removed or disabled is so only after the event.
  const leave = (): void => void setTimeout(check)
  const watcher = new MutationObserver(check)
  watcher.observe(root, { subtree: true, childList: true, attributeFilter: ['disabled'] })
  root.addEventListener('focusin', enter)
  root.addEventListener('focusout', leave)
  return () => {
    watcher.disconnect()
    root.removeEventListener('focusin', enter)
    root.removeEventListener('focusout', leave)
  }
}

export function focusHeading(root: ParentNode): void {
  root.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true })
}

/** The filled button of the page, where it can be pressed; else its heading. */
export function focusNextStep(root: ParentNode): void {
  const step = root.querySelector<HTMLElement>('main .btn.primary:not(:disabled)')
  if (step === null) focusHeading(root)
  else step.focus()
}

/** The first action of what is selected, else the first of the page. */
export function focusActions(): void {
  const inside = ':is(.foot, .say) :is(button, a, input):not(:disabled)'
  const action = document.querySelector<HTMLElement>(`main .side ${inside}`) ?? document.querySelector(`main ${inside}`)
  action?.focus()
}

function hasFocus(): boolean {
  return document.activeElement !== null && document.activeElement !== document.body
}
