import type { Key } from '../protocol/names.js'
import { decode } from './decode.js'
import { encode } from './encode.js'
import type { Encoded } from './encoded.js'

interface Source {
  /** What came, undecoded; a property that was assigned is no longer here. */
  readonly originals: Map<Key, Encoded>
  readonly missing: readonly Key[]
}

const SOURCES = new WeakMap<object, Source>()

/**
 * What `getData` gives: an object without prototype whose properties decode when they are first read, and keep the
 * result. Passed on to `updateData` the original bytes go, also after a read; `d.x = value` replaces them. A change
 * inside a value that was read is not sent: assign the value.
 */
export function lazyRecord(data: ReadonlyMap<Key, Encoded>, asked: readonly Key[]): Record<Key, unknown> {
  const record: Record<Key, unknown> = Object.create(null)
  const originals = new Map<Key, Encoded>()
  for (const key of asked) {
    const encoded = data.get(key)
    if (encoded !== undefined) originals.set(key, encoded)
  }
  for (const key of originals.keys()) defineLazily(record, key, originals)
  SOURCES.set(record, { originals, missing: [...new Set(asked)].filter((key) => !originals.has(key)) })
  return record
}

/** The keys that were asked for and are not there, in the order in which they were asked for. */
export function missingKeys(record: object): Key[] {
  return [...(SOURCES.get(record)?.missing ?? [])]
}

/**
 * The bytes of each value, large buffers as views of its own memory. What came from `getData` and was not assigned since
 * is passed on as it came.
 * @throws CloneError, which names the key.
 */
export function toEncodedMap(
  data: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>,
): Map<Key, Encoded> {
  const originals = SOURCES.get(data)?.originals
  const encoded = new Map<Key, Encoded>()
  for (const key of data instanceof Map ? data.keys() : Object.keys(data)) {
    encoded.set(
      key,
      (isUntouched(data, key) ? originals?.get(key) : undefined) ??
        encode(read(data, key), { root: `the value of '${key}'`, memory: 'share' }),
    )
  }
  return encoded
}

/** Not assigned, and not deleted and set anew. */
function isUntouched(data: object, key: Key): boolean {
  return Object.getOwnPropertyDescriptor(data, key)?.get !== undefined
}

function read(data: Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>, key: string): unknown {
  return data instanceof Map ? data.get(key) : Reflect.get(data, key)
}

/** The accessor ends with the first assignment: from then on it is a property like any other. */
function defineLazily(record: object, key: Key, originals: Map<Key, Encoded>): void {
  let value: { readonly is: unknown } | undefined
  Object.defineProperty(record, key, {
    enumerable: true,
    configurable: true,
    get() {
      value ??= { is: decode(originals.get(key) as Encoded) }
      return value.is
    },
    set(assigned: unknown) {
      originals.delete(key)
      Object.defineProperty(record, key, { value: assigned, enumerable: true, configurable: true, writable: true })
    },
  })
}
