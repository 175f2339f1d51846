import type { KeyBinding } from '../state/keys.svelte.ts'
import type { PageName, Route } from '../state/route.ts'
import type { Router } from '../state/router.svelte.ts'

const PLACES: readonly (readonly [key: string, page: PageName, does: string])[] = [
  ['c', 'connections', 'connections'],
  ['m', 'catalogue', 'catalogue of migrations'],
  ['r', 'runs', 'runs'],
  ['f', 'failures', 'failures'],
  ['t', 'stepped', 'stepped migrations'],
  ['h', 'history', 'history'],
  ['s', 'settings', 'settings'],
]

/** From a migration's page, failures are those of that migration. */
function migrationOf({ page, subject }: Route): string | null {
  return page === 'run' || page === 'verify' || page === 'finalize' ? subject : null
}

export function goBindings(router: Router): readonly KeyBinding[] {
  return PLACES.map(([key, page, does]) => ({
    key: `g ${key}`,
    does,
    act: () => router.go({ page, subject: page === 'failures' ? migrationOf(router.route) : null }),
  }))
}
