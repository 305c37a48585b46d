import { ClosedError } from '../errors.js'
import type { Address } from '../protocol/names.js'
import { type AddressLike, parseAddress } from '../util/address.js'
import { type Duration, toMs } from '../util/duration.js'
import { ConnectionPool, type CallOptions as ConnectOptions, type RequestOptions } from './pool.js'

/** How one method of an API becomes a request, and its reply the method's result. Wire names stand here literally. */
export interface Method<Args, Result> {
  readonly op: string
  /** The fields beside `op`. Throws for arguments that are wrong. */
  ask(args: Args): object | Promise<object>
  /** `args` as they were given: a reply does not repeat what was asked. */
  result(reply: never, args: Args): Result | Promise<Result>
}

/** Every method of an API takes one argument object (or none) and gives a promise. */
export type MethodTable<Api> = {
  readonly [Name in keyof Api]: Api[Name] extends (args: infer Args) => Promise<infer Result>
    ? Method<Args, Result>
    : Api[Name] extends (args?: infer Args) => Promise<infer Result>
      ? Method<Args | undefined, Result>
      : never
}

/**
 * A lazy proxy: making it opens no connection, calls use pooled ones. Each method also takes `{ timeout, signal }` as
 * a second argument.
 */
export type Rpc<Api> = {
  readonly [Name in keyof Api]: Api[Name] extends (...args: infer Args) => Promise<infer Result>
    ? (
        ...call: Args extends [] ? [args?: undefined, options?: CallOptions] : [...Args, options?: CallOptions]
      ) => Promise<Result>
    : never
} & {
  readonly address: Address
  readonly ip: string
  /** The same as `ip`. */
  readonly host: string
  readonly port: number
  /** Closes the connections, unless the pool is shared. Calls after that reject with ClosedError. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Of one call. `timeout`: milliseconds or `'1s'`. */
export interface CallOptions {
  timeout?: Duration
  signal?: AbortSignal
}

type AnyMethod = Method<unknown, unknown>

/**
 * The proxy of the node at `address` for an API. Without `pool` it has connections of its own, and `close` ends them.
 * @throws OptionError when `address` is none.
 */
export function makeRpc<Api>(
  address: AddressLike,
  methods: MethodTable<Api>,
  options: { pool?: ConnectionPool } & ConnectOptions = {},
): Rpc<Api> {
  const target = parseAddress(address)
  const { tls, pool = new ConnectionPool({ tls }), ...defaults } = options
  let closed = false
  const close = async () => {
    closed = true
    if (!options.pool) await pool.close()
  }
  const call = async (method: AnyMethod, args: unknown, of: CallOptions | undefined) => {
    if (closed) throw new ClosedError(`the rpc to ${target.address}`)
    const ask = await method.ask(args)
    const reply = await pool.request(target.address, method.op, ask, { ...defaults, ...limitsOf(of) })
    return await method.result(reply as never, args)
  }
  const named = Object.entries(methods as Readonly<Record<string, AnyMethod>>)
  const verbs = named.map(([name, method]) => [name, (args?: unknown, of?: CallOptions) => call(method, args, of)])
  const { host, port } = target
  const fields = { address: target.address, ip: host, host, port, close, [Symbol.asyncDispose]: close }
  return Object.freeze({ ...Object.fromEntries(verbs), ...fields }) as Rpc<Api>
}

function limitsOf(options: CallOptions = {}): RequestOptions {
  const { timeout, signal } = options
  return { ...(timeout !== undefined && { timeoutMs: toMs(timeout, 'timeout') }), ...(signal && { signal }) }
}
