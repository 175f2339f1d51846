/** All that a page in the window gets: two functions, neither of which hands over an object of Electron's. */
import { contextBridge, ipcRenderer } from 'electron'
import type { WindowBridge, WindowChannel } from '../shared/window-bridge.ts'
import type { Reply } from '../shared/rpc.ts'

const REQUEST = 'tranche:request' satisfies WindowChannel
const EVENT = 'tranche:event' satisfies WindowChannel

const bridge: WindowBridge = {
  request: async (method, input) => (await ipcRenderer.invoke(REQUEST, { method, input })) as Reply, // main's own answer
  subscribe(listener) {
    // The first argument would be Electron's event, with the sender in it.
    const hear = (_event: unknown, payload: unknown): void => {
      listener(payload)
    }
    ipcRenderer.on(EVENT, hear)
    return () => {
      ipcRenderer.off(EVENT, hear)
    }
  },
}

contextBridge.exposeInMainWorld('tranche', bridge)
