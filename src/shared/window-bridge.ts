/** Between the page in Electron's window, its preload script and main; and what main tells whoever started it. */
import type { Reply } from './rpc.ts'

/** `window.tranche`. What crosses is copied: neither side gets an object of the other. */
export interface WindowBridge {
  readonly request: (method: string, input: unknown) => Promise<Reply>
  readonly subscribe: (listener: (event: unknown) => void) => () => void
}

/** Names of Electron's channels; both ends write them out, and this type compares. */
export type WindowChannel = 'tranche:request' | 'tranche:event'

/** Lines on main's standard output. */
export const WINDOW_LINES = {
  ready: 'tranche: the window is ready',
  alreadyOpen: 'tranche: the console is open already',
} as const
