/** The only door from a page into main: one call, whose sender is judged before what it says. */
import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron'
import { toAppError, TrancheError } from '../shared/errors.ts'
import type { Reply, Transport } from '../shared/rpc.ts'
import type { WindowChannel } from '../shared/window-bridge.ts'
import { PAGE_ORIGIN } from './app-protocol.ts'

const REQUEST = 'tranche:request' satisfies WindowChannel
const EVENT = 'tranche:event' satisfies WindowChannel

/** `linkOf`: the way to the backend of a window of ours; null for anything else. */
export function serveCalls(linkOf: (contents: WebContents) => Pick<Transport, 'request'> | null): void {
  ipcMain.handle(REQUEST, async (event, message: unknown): Promise<Reply> => {
    const link = isOwnPage(event) ? linkOf(event.sender) : null
    // Rejects at the sender, which then is no page of ours.
    if (link === null) throw new Error('refused: not the console’s page')
    const call = readCall(message)
    if (call !== null) return link.request(call.method, call.input)
    const error = toAppError(new TrancheError('bad_input', 'the message is not a request of this contract'))
    return { ok: false, error }
  })
}

/** Sends a window what its backend tells, for as long as there is one. */
export function tellPage(contents: WebContents, event: unknown): void {
  if (!contents.isDestroyed()) contents.send(EVENT, event)
}

/** The page itself, in the top frame of its window: not a frame in it, and not what may have taken its place. */
function isOwnPage({ sender, senderFrame }: IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame === sender.mainFrame && senderFrame.origin === PAGE_ORIGIN
}

function readCall(message: unknown): { readonly method: string; readonly input: unknown } | null {
  if (typeof message !== 'object' || message === null) return null
  const { method, input, ...others } = message as Readonly<Record<string, unknown>>
  return typeof method === 'string' && Object.keys(others).length === 0 ? { method, input } : null
}
