import { OptionError } from '../errors.js'
import { type AddressLike, allowScheme, parseAddress } from '../util/address.js'
import type { Comm, ConnectOptions, Listener, ListenOptions, Transport } from './comm.js'
import { inproc } from './inproc.js'
import { tcp } from './tcp.js'

const transports = new Map<string, Transport>()

/** Makes addresses `<scheme>://…` work from now on, in place of one that had the same scheme. */
export function registerTransport(transport: Transport): void {
  transports.set(transport.scheme, transport)
  allowScheme(transport.scheme)
}

registerTransport(tcp)
registerTransport(inproc)

/**
 * A connection to whoever listens at `address`.
 * @throws ConnectError when nobody answers within `timeoutMs`; OptionError when it is no address.
 */
export async function connect(address: AddressLike, options: ConnectOptions): Promise<Comm> {
  const parsed = parseAddress(address)
  return await transportOf(parsed.scheme).connect(parsed.address, options)
}

/**
 * Accepts connections at `address`; port 0 takes a free one.
 * @throws ConnectError when the address cannot be had; OptionError when it is no address.
 */
export async function listen(address: AddressLike, options: ListenOptions): Promise<Listener> {
  const parsed = parseAddress(address)
  return await transportOf(parsed.scheme).listen(parsed.address, options)
}

function transportOf(scheme: string): Transport {
  const transport = transports.get(scheme)
  if (!transport)
    throw new OptionError(
      'address',
      `there is no transport '${scheme}'; known are ${[...transports.keys()].join(', ')}`,
    )
  return transport
}
