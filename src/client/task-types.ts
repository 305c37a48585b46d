/** How the types of a function become the types of its submission. */
import type { Future } from './future.js'

/** Any function. */
export type AnyFunction = (...args: never[]) => unknown

/** What has no parts in which a future could stand. */
export type Leaf =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | AnyFunction
  | Date
  | RegExp
  | Error
  | ArrayBufferLike
  | ArrayBufferView
  | FutureLikeOf

interface FutureLikeOf {
  readonly key: string
  result(options?: never): Promise<unknown>
}

/** `T` with futures in the place of its parts. */
export type WithFutures<T> = T extends Leaf
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, Arg<V>>
    : T extends ReadonlySet<infer V>
      ? ReadonlySet<Arg<V>>
      : { [K in keyof T]: T[K] | Future<T[K]> | WithFutures<T[K]> }

/** An argument: the value, a future of it, or the value with futures in it. */
export type Arg<T> = T | Future<T> | WithFutures<T>

/** The arguments of a call, each of which may be a future. */
export type Args<P extends readonly unknown[]> = { [K in keyof P]: P[K] | Future<P[K]> | WithFutures<P[K]> }

/** What `map` walks through. Typed arrays, strings and Maps are values: every call gets the whole. */
export type List<T> = readonly T[] | ReadonlySet<T> | IterableIterator<T>

/** One argument of `map`: a list of arguments, or one that all calls share. What is a list itself is shared as a future. */
export type MapArg<T> = List<Arg<T>> | Future<T> | Shared<NoInfer<T>>

type Shared<T> = T extends List<unknown> ? never : T | WithFutures<T>

/** The arguments of a `map`. */
export type MapArgs<P extends readonly unknown[]> = {
  [K in keyof P]: List<P[K] | Future<P[K]> | WithFutures<P[K]>> | Future<P[K]> | Shared<NoInfer<P[K]>>
}

/** What a future of a function's result holds, if the function gives `R`: never a promise, never a future. */
export type Result<R> = WithoutFutures<Awaited<R>>

type WithoutFutures<T> = T extends Future<infer V> ? V : T extends readonly Future<infer V>[] ? V[] : T
