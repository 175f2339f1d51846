/** One action at a time within this process, in the order in which they were asked for. */
export interface Mutex {
  run<T>(action: () => Promise<T>): Promise<T>
}

export function createMutex(): Mutex {
  let last: Promise<unknown> = Promise.resolve()
  return {
    async run(action) {
      const turn = last.then(action, action)
      last = turn.catch(() => undefined)
      return turn
    },
  }
}
