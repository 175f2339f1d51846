/** The tour's lines: one per step, with its time. */
export interface Steps {
  /** A heading between groups of steps. */
  title(text: string): void
  /** Runs a step and prints what it came to, with the time that it took. */
  step<T>(name: string, action: () => Promise<T>, describe: (result: T) => string): Promise<T>
  note(text: string): void
  /** Its lines are printed together once `use` has ended or thrown, since others may print meanwhile. */
  block<T>(use: (steps: Steps) => Promise<T>): Promise<T>
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
    async block(use) {
      const lines: string[] = []
      try {
        return await use(createSteps((line) => lines.push(line)))
      } finally {
        for (const line of lines) write(line)
      }
    },
  }
}

function formatSeconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${String(Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(2)} s`
}
