import { connect as connectPlain, isIP } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { MINUTE } from '../../domain/time.ts'

const KEEP_ALIVE = MINUTE

/** As the client's own, and without Nagle's algorithm: it holds a request back while an older one is unacknowledged. */
export const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const name = isIP(host) ? {} : { servername: host }
  const socket = ssl
    ? connectTls({ host, port, ...name, ...(ssl as ConnectionOptions) }, onConnect)
    : connectPlain({ host, port }, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE)
  socket.setNoDelay(true)
  return socket
}
