import { Future } from './future.js'

/**
 * `T` with each future replaced by its value; arrays, tuples, records, Maps and Sets are looked through. `Failed`: what
 * stands in the place of one that failed.
 */
export type Gathered<T, Failed = never> =
  T extends Future<infer V>
    ? V | Failed
    : T extends ReadonlyMap<infer K, infer V>
      ? Map<K, Gathered<V, Failed>>
      : T extends ReadonlySet<infer V>
        ? Set<Gathered<V, Failed>>
        : T extends readonly unknown[] | Plain
          ? { -readonly [K in keyof T]: Gathered<T[K], Failed> }
          : T

/** A record: no method, no class of the platform. */
type Plain = { readonly [name: string]: unknown }

/** Every future in a shape, in order. */
export function futuresIn(shape: unknown): Future<unknown>[] {
  const found: Future<unknown>[] = []
  rebuild(shape, (future) => found.push(future))
  return found
}

/** The shape with something in the place of each future. Anything that holds none is left as it is. */
export function rebuild(shape: unknown, replace: (future: Future<unknown>) => unknown): unknown {
  if (typeof shape !== 'object' || shape === null) return shape
  if (shape instanceof Future) return replace(shape)
  if (Array.isArray(shape)) return shape.map((part) => rebuild(part, replace))
  if (shape instanceof Map) return new Map([...shape].map(([key, part]) => [key, rebuild(part, replace)]))
  if (shape instanceof Set) return new Set([...shape].map((part) => rebuild(part, replace)))
  if (!isPlain(shape)) return shape
  return Object.fromEntries(Object.entries(shape).map(([name, part]) => [name, rebuild(part, replace)]))
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
