import type { TargetView } from '../../../../shared/app-state.ts'
import { clockTime, fullTime } from '../../parts/time.ts'

export const SHOWN = ['actions', 'failures', 'all', 'archive'] as const
export type ShownPart = (typeof SHOWN)[number]

const WHAT: Readonly<Record<ShownPart, (name: string) => string>> = {
  actions: (name) => `What was done on ${name}, from the local copy.`,
  failures: (name) => `What failed on ${name}, from the local copy.`,
  all: (name) => `All that was seen of ${name}, from the local copy.`,
  archive: (name) => `What was requeued or deleted on ${name}.`,
}

interface Known {
  readonly shown: ShownPart
  readonly name: string
  readonly target: TargetView | null
  /** Of the newest entry of the local copy. */
  readonly newestAtMs: number | null
}

/** Without the target: since when, and how old what is shown is. */
export function historySentence({ shown, name, target, newestAtMs }: Known): string {
  if (target?.link.kind === 'connected') return WHAT[shown](name)
  const readAtMs = target?.readAtMs ?? null
  const as =
    readAtMs !== null
      ? ` This is the copy of ${clockTime(readAtMs)}.`
      : newestAtMs === null
        ? ''
        : ` The newest entry of the local copy is of ${fullTime(newestAtMs)}.`
  if (target?.link.kind === 'lost') return `${name} cannot be reached since ${clockTime(target.link.sinceMs)}.${as}`
  return `${name} is not open.${as}`
}
