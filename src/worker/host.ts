import { randomUUID } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isLoopbackHost, requireLoopback } from '../config/loopback.js'
import { ConnectError } from '../errors.js'
import { addressOf, type ParsedAddress } from '../util/address.js'
import { isEverywhere, type WorkerPlan } from './options.js'

/** Where a worker listens, and what it tells others to dial. */
export interface ListenPlace {
  readonly listen: string
  /** The host that others dial, where that is another than the one listened at. */
  readonly contactHost: string | undefined
}

/**
 * Where to listen, port included: on loopback for a center on this machine, else where the center can reach us.
 * @throws OptionError when others could reach that and `insecure` is not set; ConnectError when there is no way there.
 */
export async function listenPlace(
  { center, host, insecure, tls }: Pick<WorkerPlan, 'center' | 'host' | 'insecure' | 'tls'>,
  port: number,
): Promise<ListenPlace> {
  if (center.scheme === 'inproc') return { listen: `inproc://worker-${randomUUID()}`, contactHost: undefined }
  const at = (name: string) => addressOf(center.scheme, name, port)
  if (host !== undefined && !isEverywhere(host)) return { listen: at(host), contactHost: undefined }
  const routed = await hostTowards(center)
  if (host !== undefined) return { listen: at(host), contactHost: routed }
  requireLoopback(routed, insecure || (center.scheme === 'tls' && tls !== undefined))
  return { listen: at(routed), contactHost: undefined }
}

/** The address of this machine from which it reaches the center. Nothing is sent. */
async function hostTowards(center: ParsedAddress): Promise<string> {
  if (isLoopbackHost(center.host)) return center.host === '::1' ? '::1' : '127.0.0.1'
  return await new Promise<string>((resolve, reject) => {
    const socket = createSocket(center.host.includes(':') ? 'udp6' : 'udp4')
    const fail = (cause: Error) => {
      socket.close()
      const text = `this machine has no way to ${center.host}: ${cause.message}. Check the address of the center.`
      reject(new ConnectError('HEDDLE_NO_HOST', center.address, text, { cause }))
    }
    socket.once('error', fail)
    socket.connect(center.port, center.host, () => {
      const { address } = socket.address()
      socket.close()
      resolve(address)
    })
  })
}
