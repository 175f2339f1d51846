/** One question to the person at the terminal. It is asked on stderr: stdout belongs to the answer of the command. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

interface AskOptions {
  readonly signal: AbortSignal
  /** For passwords: what is typed is not shown. */
  readonly isHidden?: boolean
}

/** The line that was typed, or null at the end of input. Throws the signal's reason when it is aborted meanwhile. */
export async function ask(question: string, { signal, isHidden = false }: AskOptions): Promise<string | null> {
  const silent = new Writable({
    write(_chunk, _encoding, done) {
      done()
    },
  })
  const lines = createInterface({ input: process.stdin, output: isHidden ? silent : process.stderr, terminal: true })
  // In raw mode Ctrl-C arrives here and not as a signal.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const ended = new Promise<null>((resolve) => {
    lines.once('close', () => {
      resolve(null)
    })
  })
  try {
    if (isHidden) process.stderr.write(question)
    return await Promise.race([lines.question(isHidden ? '' : question, { signal }), ended])
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    lines.close()
    process.stdin.unref()
    if (isHidden) process.stderr.write('\n')
  }
}
