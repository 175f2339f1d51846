/**
 * Our own connection to the target broke: what was sent may or may not have been done. A class of its own, because the same
 * socket codes in an error of a definition's code (its own HTTP call, say) mean nothing of the kind.
 */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}
