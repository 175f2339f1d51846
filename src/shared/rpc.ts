/**
 * The contract over any transport: two functions, `request` and `subscribe`. The client is typed by the contract; the server
 * believes nothing that it is sent. An error travels as data and is thrown again on the other side as a `TrancheError`.
 */
import type { z, ZodType } from 'zod'
import { type AppError, toAppError, TrancheError } from './errors.ts'

/** The largest input, as JSON in UTF-8. Everything that a screen sends is far below it. */
export const MAX_REQUEST_BYTES = 256 * 1024

/** One call: what it takes is checked at run time, what it returns is a promise of ours. */
export interface Call<Input extends ZodType, Output> {
  readonly input: Input
  /** Never there at run time; it carries the type. */
  readonly output?: Output
}

export function takes<Input extends ZodType>(input: Input): { returns: <Output>() => Call<Input, Output> } {
  return { returns: () => ({ input }) }
}

export type Contract = Readonly<Record<string, Call<ZodType, unknown>>>
/** What a caller writes; defaults may be left out. */
export type GivenInput<C> = C extends Call<infer I, unknown> ? z.input<I> : never
/** What a handler is given, after the schema filled in the defaults. */
export type ParsedInput<C> = C extends Call<infer I, unknown> ? z.output<I> : never
export type OutputOf<C> = C extends Call<ZodType, infer O> ? O : never

/** Who calls: one page, one socket, one port. What belongs to it ends with it. */
export interface CallContext {
  readonly clientId: string
}

/** A handler for every call and for nothing else: write the object `satisfies HandlersOf<…>`. */
export type HandlersOf<C extends Contract> = {
  readonly [M in keyof C]: (input: ParsedInput<C[M]>, context: CallContext) => Promise<OutputOf<C[M]>>
}

export type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: AppError }

export interface Transport {
  request(method: string, input: unknown): Promise<Reply>
  subscribe(listener: (event: unknown) => void): () => void
}

export type ClientOf<C extends Contract> = <M extends keyof C & string>(
  method: M,
  // A call without input is written `call('settings.get')`.
  ...input: undefined extends GivenInput<C[M]> ? [GivenInput<C[M]>?] : [GivenInput<C[M]>]
) => Promise<OutputOf<C[M]>>

/** Resolves with the value, or rejects with a `TrancheError` that has the code, message and remedy of the other side. */
export function createClientOf<C extends Contract>({ request }: Pick<Transport, 'request'>): ClientOf<C> {
  return async (method, ...[input]) => {
    const reply = await request(method, input)
    if (reply.ok) return reply.value as OutputOf<C[typeof method]> // the server answers as the contract says
    const { code, message, remedy, details } = reply.error
    throw new TrancheError(code, message, { details, ...(remedy === null ? {} : { remedy }) })
  }
}

/** Never rejects: whatever a caller sends, and whatever a handler throws, is answered with an envelope. */
export type Server = (method: unknown, input: unknown, context: CallContext) => Promise<Reply>

/** `onFailure` is told what is answered with an error. */
export function createServerOf<C extends Contract>(
  contract: C,
  handlers: HandlersOf<C>,
  onFailure: (method: string, error: unknown) => void = () => undefined,
): Server {
  return async (method, input, context) => {
    try {
      const name = knownMethod(contract, method)
      assertSize(input)
      const parsed = contract[name]?.input.safeParse(input)
      if (parsed?.success !== true) throw badInput(String(name), parsed?.error)
      const value = await handlers[name](parsed.data as ParsedInput<C[typeof name]>, context) // parsed by that very schema
      return { ok: true, value }
    } catch (error) {
      onFailure(typeof method === 'string' ? method.slice(0, 60) : typeof method, error)
      return { ok: false, error: toAppError(error) }
    }
  }
}

/** Own names only: `__proto__` and `constructor` are not calls. */
function knownMethod<C extends Contract>(contract: C, method: unknown): keyof C {
  if (typeof method === 'string' && Object.hasOwn(contract, method)) return method
  const named = typeof method === 'string' ? JSON.stringify(method.slice(0, 60)) : `a ${typeof method}`
  throw new TrancheError('unknown_method', `there is no call ${named}`)
}

function assertSize(input: unknown): void {
  if (input === undefined) return
  const bytes = new TextEncoder().encode(asJson(input)).length
  if (bytes > MAX_REQUEST_BYTES) throw tooLarge(bytes)
}

function asJson(input: unknown): string {
  try {
    return JSON.stringify({ input })
  } catch (cause) {
    throw new TrancheError('bad_input', 'the input is not plain data', { cause })
  }
}

function tooLarge(bytes: number): TrancheError {
  return new TrancheError(
    'message_too_large',
    `the message has ${String(bytes)} bytes; expected at most ${String(MAX_REQUEST_BYTES)}`,
  )
}

function badInput(method: string, cause: z.ZodError | undefined): TrancheError {
  const issues = (cause?.issues ?? []).map(({ path, message }) => ({ path: path.map(String).join('.'), message }))
  const reasons = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
  return new TrancheError('bad_input', `${method}: ${reasons.join('; ')}`, { details: { method, issues } })
}
