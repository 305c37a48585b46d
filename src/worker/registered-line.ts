import type { Address } from '../protocol/names.js'
import type { Identity } from '../protocol/requests.js'
import { withoutScheme } from '../util/address.js'

/** The line by which a worker says that it is part of a network; in one column with the one that says where it is. */
export function registeredLine(role: Identity['type'] | undefined, center: Address): string {
  const label = `Registered with ${role === 'Scheduler' ? 'scheduler' : 'center'} at:`
  return `${label.padEnd(27)} ${withoutScheme(center)}`
}
