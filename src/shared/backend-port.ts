/** What Electron's main process and the backend that it forks say to each other, beside the ports of pages. */

/** Passed with a port where it says so. */
export type ToBackend =
  /** First: where things are. */
  | { readonly kind: 'open'; readonly options: BackendPlaces }
  /** With one port: a page's. */
  | { readonly kind: 'client' }
  | ({ readonly kind: 'answer'; readonly id: number } & Answer)
  /** Finish the sub-batch in hand, release, and end. */
  | { readonly kind: 'close' }

export interface BackendPlaces {
  /** Of console.db. */
  readonly folder: string
  /** The checkout, or where the practice server keeps its files. */
  readonly projectFolder: string
  /** Rows of each big practice table, where `npm start` filled it before us. */
  readonly practiceRows: number | null
}

export type Question =
  /** Only main may use the system's keychain. Answered with null where there is none to trust. */
  | { readonly kind: 'seal'; readonly id: number; readonly text: string }
  | { readonly kind: 'unseal'; readonly id: number; readonly sealed: string }

export interface Answer {
  readonly value: string | null
  /** It was sealed with a key that is no longer the newest: it should be sealed anew. */
  readonly isStale: boolean
}

export type FromBackend =
  | Question
  /** Whether it drives anything from now on; nothing at first. */
  | { readonly kind: 'driving'; readonly isDriving: boolean }
