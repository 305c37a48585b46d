/** Who else is there: for those who dialled a wrong address. */
import { isHere, listenersHere } from '../comm/same-host.js'
import type { Address } from '../protocol/names.js'
import type { Identity } from '../protocol/requests.js'
import { parseAddress } from '../util/address.js'
import { ConnectionPool } from './pool.js'

const PATIENCE_MS = 200
const ASKED_MAX = 32
const DEFAULT_PORT = 8786

/** Who answers there; undefined: nobody, or nobody in time. */
export async function identityOf(address: Address): Promise<Identity | undefined> {
  const pool = new ConnectionPool()
  try {
    return await pool.request<Identity>(address, 'identity', {}, { timeoutMs: PATIENCE_MS })
  } catch {
    return undefined
  } finally {
    await pool.close()
  }
}

/** Schedulers of this user on this machine, and whoever is at the default port; if `address` is of this machine at all. */
export async function schedulersBeside(address: Address): Promise<Address[]> {
  const { host } = parseAddress(address)
  if (!isHere(host)) return []
  const found = await listenersHere()
  const usual = parseAddress({ host: '127.0.0.1', port: DEFAULT_PORT }).address
  const candidates = [...new Set([usual, ...found])].filter((one) => one !== address).slice(0, ASKED_MAX)
  const identities = await Promise.all(candidates.map(identityOf))
  return candidates.filter((_, i) => identities[i]?.type === 'Scheduler')
}
