/** Finalizing: gates, what it will do in order, and the phrase that production asks for. */
import type { CheckValue, FinalizeValue, VerificationValue } from './cli-output.ts'
import type { Confirmation } from './confirmations.ts'
import type { AppError } from './errors.ts'

export interface Gate {
  readonly name: 'jobs' | 'verification' | 'new_rows' | 'runners' | 'definition' | 'required_stop'
  /**
   * open: finalizing itself will settle it (it completes the remainder and runs the checks). unsettled: finalizing will try,
   * and nothing says that it succeeds; it does not keep anybody from trying.
   */
  readonly outcome: 'holds' | 'open' | 'unsettled' | 'failed'
  readonly detail: string
  readonly remedy: string | null
}

export interface FinalizeGates {
  readonly gates: readonly Gate[]
  readonly canFinalize: boolean
  readonly confirmation: Confirmation
  readonly readAtMs: number
  /** In order; statements of the definition as text. */
  readonly effects: readonly {
    readonly kind: 'remainder' | 'verify' | 'statement' | 'seal'
    readonly detail: string
    readonly statement: string | null
  }[]
}

/** A permission to finalize this very migration as it is now: used once, for a few minutes. */
export interface FinalizeTicket {
  readonly nonce: string
  readonly confirmation: Confirmation
  /** To be typed word for word where `confirmation` is `phrase`. */
  readonly phrase: string | null
  readonly expiresAtMs: number
}

/** What a page gives for what it was permitted. */
export interface TicketAnswer {
  readonly nonce: string
  readonly phrase: string | null
}

export interface VerificationView extends VerificationValue {
  readonly isStale: boolean
  readonly staleBecause: readonly string[]
}

export interface ProvingStep {
  readonly kind: 'exception' | 'check'
  readonly name: string
  readonly sinceMs: number
  /** How many will have been answered in the end. */
  readonly checks: number
}

/** Verifying or finalizing in this console, live. */
export type Proving =
  | {
      readonly kind: 'running'
      readonly what: 'verify' | 'finalize'
      readonly sinceMs: number
      /** What is asked right now, and how many checks there are; null: no check began yet. */
      readonly step: ProvingStep | null
      /** Those that were answered so far. */
      readonly checks: readonly CheckValue[]
      readonly statements: FinalizeValue['afterStatements']
    }
  | { readonly kind: 'done'; readonly what: 'verify'; readonly atMs: number; readonly holds: boolean }
  | { readonly kind: 'done'; readonly what: 'finalize'; readonly atMs: number; readonly outcome: FinalizeValue }
  | {
      readonly kind: 'failed'
      readonly what: 'verify' | 'finalize'
      readonly atMs: number
      readonly error: AppError
    }
