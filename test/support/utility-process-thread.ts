/** Electron's utility process, played by a thread of Node: the program gets a `process.parentPort` like Electron's. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

interface Passed {
  readonly data: unknown
  readonly ports: readonly MessagePort[]
}

if (parentPort === null) throw new Error('this is no thread')
const parent = parentPort

function electronPort(port: MessagePort) {
  return {
    on: (event: string, listener: (event: unknown) => void) =>
      port.on(event, (data: unknown) => {
        listener(event === 'message' ? { data, ports: [] } : undefined)
      }),
    postMessage: (message: unknown) => {
      port.postMessage(message)
    },
    start: () => {
      port.start()
    },
    close: () => {
      port.close()
    },
  }
}

Object.assign(process, {
  parentPort: {
    on: (event: string, listener: (event: unknown) => void) =>
      parent.on(event, ({ data, ports }: Passed) => {
        listener({ data, ports: ports.map(electronPort) })
      }),
    postMessage: (message: unknown) => {
      parent.postMessage(message)
    },
  },
})
await import((workerData as { readonly program: string }).program)
