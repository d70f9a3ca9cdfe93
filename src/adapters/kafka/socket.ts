import { connect as connectPlain, isIP } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { MINUTE } from '../../domain/time.ts'

const KEEP_ALIVE = MINUTE

/** The client's default with Nagle's algorithm disabled, which delays a request while an earlier one is unacknowledged. */
export const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const name = isIP(host) ? {} : { servername: host }
  const socket = ssl
    ? connectTls({ host, port, ...name, ...(ssl as ConnectionOptions) }, onConnect)
    : connectPlain({ host, port }, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE)
  socket.setNoDelay(true)
  return socket
}
