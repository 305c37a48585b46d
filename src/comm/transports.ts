import { OptionError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { type AddressLike, allowScheme, parseAddress } from '../util/address.js'
import type { Comm, ConnectOptions, Listener, ListenOptions, Transport } from './comm.js'
import { inproc, joinTo } from './inproc.js'
import { tcp } from './tcp.js'
import { tls } from './tls.js'

const transports = new Map<string, Transport>()
/** What listens in this process. */
const here = new Map<Address, ListenOptions>()
/** Of those, the ones that are reached without a socket from here. */
const direct = new Set<Address>()

/** Makes addresses `<scheme>://…` work from now on, in place of one that had the same scheme. */
export function registerTransport(transport: Transport): void {
  transports.set(transport.scheme, transport)
  allowScheme(transport.scheme)
}

registerTransport(tcp)
registerTransport(tls)
registerTransport(inproc)

/**
 * A connection to whoever listens at `address`.
 * @throws ConnectError when nobody answers within `timeoutMs`; OptionError when it is no address.
 */
export async function connect(address: AddressLike, options: ConnectOptions): Promise<Comm> {
  const parsed = parseAddress(address)
  const target = direct.has(parsed.address) ? here.get(parsed.address) : undefined
  if (target === undefined) return await transportOf(parsed.scheme).connect(parsed.address, options)
  options.signal?.throwIfAborted()
  return joinTo(parsed.address, target, options)
}

/**
 * From now on nodes of this process reach the one that listens in it at `address` without a socket, which saves a third
 * of what a message costs. Others dial the address as before.
 */
export function reachDirectly(address: Address): void {
  if (here.has(address)) direct.add(address)
}

/**
 * Accepts connections at `address`; port 0 takes a free one.
 * @throws ConnectError when the address cannot be had; OptionError when it is no address.
 */
export async function listen(address: AddressLike, options: ListenOptions): Promise<Listener> {
  const parsed = parseAddress(address)
  const listener = await transportOf(parsed.scheme).listen(parsed.address, options)
  here.set(listener.address, options)
  return {
    address: listener.address,
    close: () => {
      here.delete(listener.address)
      direct.delete(listener.address)
      return listener.close()
    },
    ref: () => listener.ref(),
    unref: () => listener.unref(),
  }
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
