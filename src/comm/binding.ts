import type { Server, Socket } from 'node:net'
import { ConnectError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { addressOf, type ParsedAddress } from '../util/address.js'
import { socketAddress } from './tcp-address.js'

const BACKLOG = 1024

/** Where a connection begins and ends. */
export interface Ends {
  readonly localAddress: Address
  readonly peerAddress: Address
}

/** Of a connection that was accepted. */
export function endsOf(accepted: Socket, scheme = 'tcp'): Ends {
  const localAddress = socketAddress(accepted.localAddress, accepted.localPort, scheme)
  return { localAddress, peerAddress: socketAddress(accepted.remoteAddress, accepted.remotePort, scheme) }
}

/** @throws ConnectError HEDDLE_CONNECT whose `cause.code` is the system's (`EADDRINUSE`). */
export function bind(server: Server, { host, port, address }: ParsedAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const hint = cause.code === 'EADDRINUSE' ? ': the port is in use. Choose another, or 0 for any free one' : ''
      reject(
        new ConnectError(
          'HEDDLE_CONNECT',
          address,
          `cannot listen at ${address} (${cause.code ?? cause.message})${hint}.`,
          { cause },
        ),
      )
    })
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.removeAllListeners('error')
      // Too many open files: that connection is not made; the others go on.
      server.on('error', () => {})
      resolve()
    })
  })
}

/** A host name stays as it was given: peers will look it up themselves. */
export function boundAddress(server: Server, { host, scheme }: ParsedAddress): Address {
  const bound = server.address()
  return addressOf(scheme, host, typeof bound === 'object' && bound ? bound.port : 0)
}
