/**
 * Connections of a worker to one that it cannot reach, through the scheduler, which reaches both. Bytes are passed on as
 * they come (`comm/splice.ts`): no value is ever here as a whole.
 */
import type { Comm } from '../comm/comm.js'
import type { TlsCredentials } from '../comm/tls-credentials.js'
import { connect } from '../comm/transports.js'
import { ProtocolError } from '../errors.js'
import type { SchedulerRequests } from '../protocol/requests.js'
import type { OpenRelay } from '../rpc/server.js'
import type { Loop } from './loop.js'

/** At once: each takes some 100 KiB, and time of the event loop. Others are told to ask again. */
const RELAYS_MAX = 8
const CONNECT_TIMEOUT_MS = 1000

/** See above. */
export function relays(loop: Loop, tls: TlsCredentials | undefined): OpenRelay<SchedulerRequests['relay']['ask']> {
  let open = 0
  return async ({ to, who }, { signal }) => {
    const stranger = [who, to].find((address) => !loop.core.hasWorker(address))
    if (stranger !== undefined) throw new ProtocolError(`${stranger} is no worker here`)
    if (open >= RELAYS_MAX) return undefined
    open++
    try {
      const comm = await connect(to, { timeoutMs: CONNECT_TIMEOUT_MS, signal, ...(tls && { tls }) })
      countDown(comm, () => open--)
      loop.push({ type: 'relayed', worker: who, holder: to })
      return comm
    } catch (error) {
      open--
      throw error
    }
  }
}

function countDown(comm: Comm, leave: () => void): void {
  comm.onClose = leave
}
