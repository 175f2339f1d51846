import type { KeyBinding } from '../state/keys.svelte.ts'
import type { PageName } from '../state/route.ts'
import type { Router } from '../state/router.svelte.ts'

const PLACES: readonly (readonly [key: string, page: PageName, does: string])[] = [
  ['c', 'connections', 'connections'],
  ['m', 'catalogue', 'catalogue of migrations'],
  ['r', 'runs', 'runs'],
  ['f', 'failures', 'failures'],
  ['h', 'history', 'history'],
  ['s', 'settings', 'settings'],
]

export function goBindings(router: Router): readonly KeyBinding[] {
  return PLACES.map(([key, page, does]) => ({ key: `g ${key}`, does, act: () => router.go({ page }) }))
}
