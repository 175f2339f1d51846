/** Ends sockets whose other side is gone without a word: a laptop that sleeps, a tunnel that broke. */
import type { WebSocket, WebSocketServer } from 'ws'

/** Each is asked once in that time, and ended when it has not answered by the next. Returns how to stop. */
export function watchPeers(sockets: WebSocketServer, intervalMs: number): () => void {
  const silent = new WeakSet<WebSocket>()
  const timer = setInterval(() => {
    for (const socket of sockets.clients) {
      if (silent.has(socket)) {
        socket.terminate()
        continue
      }
      silent.add(socket)
      socket.once('pong', () => silent.delete(socket))
      socket.ping()
    }
  }, intervalMs)
  return () => {
    clearInterval(timer)
  }
}
