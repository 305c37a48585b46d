import { ProtocolError } from '../errors.js'
import { pack, unpack } from '../protocol/codec.js'
import { handshake } from '../protocol/handshake.js'
import type { Address } from '../protocol/names.js'
import { Asking } from './asking.js'
import { Call } from './call.js'
import { dial } from './dial.js'
import type { PoolOptions, RequestOptions } from './pool.js'
import { answerOf } from './reply.js'

const GREETING_MS = 2000

/** Where the connection goes, and for whom. */
export interface Detour {
  /** A scheduler that reaches both. */
  readonly through: Address
  readonly to: Address
  readonly who: Address
}

/**
 * One request to a node that cannot be reached, on a connection through one that can reach it. Undefined: too many go
 * that way just now.
 * @throws what `ConnectionPool.request` does.
 */
export async function requestRelayed<Reply>(
  { through, to, who }: Detour,
  op: string,
  ask: object,
  options: RequestOptions & Pick<PoolOptions, 'allocate' | 'tls'> = {},
): Promise<Reply | undefined> {
  const call = new Call(op, to, options)
  const { comm, foreign } = await dial(
    through,
    call.dialOptions({ ...(options.allocate && { allocate: options.allocate }), tls: options.tls }),
  )
  try {
    if (foreign !== undefined) throw new ProtocolError(`${through} is no Heddle scheduler`)
    const request = async (name: string, frames: Uint8Array[], at: Address) =>
      answerOf(unpack(await new Asking({ comm, foreign: undefined }).ask(frames, call)), name, at)
    const opened = await request('relay', pack({ op: 'relay', to, who }), through)
    if ((opened as { status: string }).status === 'busy') return undefined
    await handshake(comm, { timeoutMs: GREETING_MS, signal: options.signal })
    return (await request(op, pack({ ...ask, op }), to)) as Reply
  } finally {
    call.end()
    void comm.close()
  }
}
