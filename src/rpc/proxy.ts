import type { Address } from '../protocol/names.js'
import type { AddressLike } from '../util/address.js'
import type { ConnectionPool, RequestOptions } from './pool.js'

/** How one method of an API becomes a request, and its reply the method's result. Wire names stand here literally. */
export interface Method<Args, Result> {
  readonly op: string
  /** The fields beside `op`. Throws for arguments that are wrong. */
  ask(args: Args): object | Promise<object>
  /** `args` as they were given: a reply does not repeat what was asked. */
  result(reply: never, args: Args): Result
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
  readonly [Name in keyof Api]: Api[Name] extends (args?: infer Args) => Promise<infer Result>
    ? (
        ...call: undefined extends Args ? [args?: Args, options?: CallOptions] : [args: Args, options?: CallOptions]
      ) => Promise<Result>
    : Api[Name] extends (args: infer Args) => Promise<infer Result>
      ? (args: Args, options?: CallOptions) => Promise<Result>
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
  timeout?: import('../util/duration.js').Duration
  signal?: AbortSignal
}

/** @throws OptionError when `address` is none. */
export declare function makeRpc<Api>(
  address: AddressLike,
  methods: MethodTable<Api>,
  options?: { pool?: ConnectionPool } & RequestOptions,
): Rpc<Api>
