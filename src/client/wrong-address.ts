import { ConnectError, ProtocolError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { identityOf, schedulersBeside } from '../rpc/nearby.js'

const SHOWN = 3

/** The error of a client that could not connect, with what is known of who is there, and where a scheduler is. */
export async function explainWrong(address: Address, error: unknown): Promise<unknown> {
  const wrong = await asConnectError(address, error)
  if (wrong === undefined || wrong.code === 'HEDDLE_NO_HOST') return error
  const others = await schedulersBeside(address)
  if (others.length === 0) return wrong
  const { code, message, cause } = wrong
  return new ConnectError(code as 'HEDDLE_REFUSED', address, `${message} ${textOf(others)}`, { cause })
}

/** Undefined: it is not a matter of the address. */
async function asConnectError(address: Address, error: unknown): Promise<ConnectError | undefined> {
  if (error instanceof ConnectError) return error
  if (!(error instanceof ProtocolError)) return undefined
  const identity = await identityOf(address)
  if (identity === undefined || identity.type === 'Scheduler') return undefined
  const text = `${address} is a ${identity.type.toLowerCase()}, and clients connect to a scheduler. Check the address.`
  return new ConnectError('HEDDLE_NOT_SCHEDULER', address, text, { cause: error })
}

function textOf(schedulers: readonly Address[]): string {
  const some = schedulers.slice(0, SHOWN).join(', ')
  if (schedulers.length === 1) return `A scheduler runs on this machine at ${some}.`
  return `Schedulers run on this machine at ${some}${schedulers.length > SHOWN ? ', …' : ''}.`
}
