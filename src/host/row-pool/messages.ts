/** What the pool and its worker threads say to each other. Everything here passes through a structured clone. */
import type { TransformOutcome } from '../../engine/ports.ts'

/** A definition as a worker finds it again: in its folder, and only with the same text. */
export interface DefinitionPlace {
  readonly folder: string
  readonly file: string
  readonly hash: string
}

export interface ChunkMessage {
  readonly chunkId: number
  readonly place: DefinitionPlace
  /** As they were given at queue time: parsed anew in the worker, since what a schema makes of them may not be clonable. */
  readonly jobArguments: readonly unknown[]
  readonly rows: readonly Record<string, unknown>[]
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly chunkId: number }
  | { readonly kind: 'done'; readonly chunkId: number; readonly outcomes: readonly TransformOutcome[] }
  /** The definition could not be loaded: no row is to blame. */
  | {
      readonly kind: 'refused'
      readonly chunkId: number
      readonly code: string
      readonly message: string
      readonly remedy: string | null
    }
  | {
      readonly kind: 'log'
      readonly chunkId: number
      readonly level: LogLevel
      readonly message: string
      readonly fields: Readonly<Record<string, unknown>>
    }
