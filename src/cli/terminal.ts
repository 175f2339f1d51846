/** The three streams. stdout has the answer, stderr everything that is told on the way; a pipe that closes is no error. */
import { stripControls } from '../shared/escape-markdown.ts'

export interface Terminal {
  /** Somebody watches stderr: a line may be drawn over. */
  readonly isWatched: boolean
  /** Somebody can answer a question. */
  readonly canAsk: boolean
  readonly isOutputTerminal: boolean
  readonly columns: number
  /** Lines of the answer, to stdout. */
  print(text: string): void
  /** Raw text to stdout, as it is. */
  write(text: string): void
  /** A line to stderr, above the progress line. */
  note(text: string): void
  /** The one line that is drawn over again and again; null removes it. Nothing happens where nobody watches. */
  showProgress(line: string | null): void
  /** Called once when the reader of stdout went away. */
  onClosed(listener: () => void): void
  /** Resolves when everything written has left the process. */
  flush(): Promise<void>
}

type Stream = NodeJS.WriteStream & { readonly fd: number }

interface Streams {
  readonly stdin: { readonly isTTY?: boolean }
  readonly stdout: Stream
  readonly stderr: Stream
  readonly env: Readonly<Record<string, string | undefined>>
}

const CLEAR_LINE = '\r\u001b[2K'

export function createTerminal({ stdin, stdout, stderr, env }: Streams): Terminal {
  const isDumb = env.TERM === 'dumb'
  const isWatched = stderr.isTTY && !isDumb
  const hasColour = (stream: Stream): boolean => stream.isTTY && !isDumb && (env.NO_COLOR ?? '') === ''
  const closed = new Set<Stream>()
  const listeners: (() => void)[] = []
  let progress: string | null = null
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO' && error.code !== 'ERR_STREAM_DESTROYED') throw error
      closed.add(stream)
      if (stream === stdout) for (const listener of listeners.splice(0)) listener()
    })
  }
  const write = (stream: Stream, text: string): void => {
    if (!closed.has(stream)) stream.write(text)
  }
  /** What goes to a terminal beside the progress line would be drawn into it. */
  const aside = (draw: () => void): void => {
    if (progress !== null) write(stderr, CLEAR_LINE)
    draw()
    if (progress !== null) write(stderr, progress)
  }
  return {
    isWatched,
    canAsk: stdin.isTTY === true && stderr.isTTY,
    isOutputTerminal: stdout.isTTY && !isDumb,
    columns: stdout.columns || stderr.columns || 80,
    print(text) {
      aside(() => write(stdout, `${paint(stripControls(text), hasColour(stdout))}\n`))
    },
    write(text) {
      aside(() => write(stdout, text))
    },
    note(text) {
      aside(() => write(stderr, `${paint(stripControls(text), hasColour(stderr))}\n`))
    },
    showProgress(line) {
      if (!isWatched) return
      if (progress !== null) write(stderr, CLEAR_LINE)
      progress = line === null ? null : cut(stripControls(line), (stderr.columns || 80) - 1)
      if (progress !== null) write(stderr, progress)
    },
    onClosed(listener) {
      listeners.push(listener)
    },
    async flush() {
      await Promise.all([stdout, stderr].map((stream) => drained(stream, closed.has(stream))))
    },
  }
}

async function drained(stream: Stream, isClosed: boolean): Promise<void> {
  if (isClosed) return
  await new Promise<void>((resolve) => {
    stream.write('', () => {
      resolve()
    })
  })
}

/** Colour means state and nothing else: only the glyphs of state have one, and each glyph says the same without it. */
function paint(text: string, hasColour: boolean): string {
  if (!hasColour) return text
  return text.replaceAll(/^(\s*)([✓✕!])(?= )/gmu, (_, indent: string, glyph: string) => {
    const colour = glyph === '✓' ? 32 : glyph === '✕' ? 31 : 33
    return `${indent}\u001b[${String(colour)}m${glyph}\u001b[39m`
  })
}

function cut(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`
}
