import { RegistrationError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import type { Identity } from '../protocol/requests.js'

/** Whoever answers at the center's address is something else. */
export function notACenter(center: Address, { type }: Identity): RegistrationError {
  return new RegistrationError(`${center} is a ${type}; a worker registers with a center or a scheduler`)
}
