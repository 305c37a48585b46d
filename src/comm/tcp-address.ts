import type { Address } from '../protocol/names.js'
import { addressOf } from '../util/address.js'

/** What a socket says of one of its ends, in canonical form; IPv4 in IPv6's clothes as IPv4. */
export function socketAddress(host: string | undefined, port: number | undefined, scheme = 'tcp'): Address {
  return addressOf(scheme, (host ?? '0.0.0.0').replace(/^::ffff:/, ''), port ?? 0)
}
