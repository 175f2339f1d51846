/** The tour's lines: one per step, with its time. */
export interface Steps {
  /** A heading between groups of steps. */
  title(text: string): void
  /** Runs a step and prints what it came to, with the time that it took. */
  step<T>(name: string, action: () => Promise<T>, describe: (result: T) => string): Promise<T>
  note(text: string): void
}

const NAME_WIDTH = 10

export function createSteps(write: (line: string) => void): Steps {
  return {
    title(text) {
      write('')
      write(text)
    },
    async step(name, action, describe) {
      const startedAt = performance.now()
      try {
        const result = await action()
        write(`✓ ${name.padEnd(NAME_WIDTH)} ${describe(result)}  (${formatSeconds(performance.now() - startedAt)})`)
        return result
      } catch (error) {
        write(`✕ ${name.padEnd(NAME_WIDTH)} after ${formatSeconds(performance.now() - startedAt)}`)
        throw error
      }
    },
    note(text) {
      write(`  ${text}`)
    },
  }
}

function formatSeconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${String(Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(2)} s`
}
