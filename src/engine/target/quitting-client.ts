import pg from 'pg'

/**
 * Hangs up where connecting fails. pg leaves the socket open when the password cannot be got: the server would hold the
 * connection until its own limit, a minute, and whoever waits for its end as long.
 */
export class QuittingClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config)
    const { connection } = this
    // Not what the server answers: errors of the way to it.
    connection.on('error', () => {
      connection.stream.destroy()
    })
  }
}
