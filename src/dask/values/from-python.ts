import { DecodeError } from '../../errors.js'
import { fromPandas } from '../arrow/frame.js'
import { fromPyArrow } from '../arrow/pickled.js'
import { PyBuffer, PyByteArray, PyFloat, PyFrozenSet, PyObject, PyTuple } from '../python.js'
import { fromDatetime } from './datetime.js'
import { fromException, isException } from './exceptions.js'
import { fromNumpy } from './numpy.js'
import { fromOldForm } from './old-forms.js'

const DEPTH_MAX = 1000

/**
 * What a pickle said, as TypeScript has it: tuples and lists are arrays, dicts plain objects if all their keys are
 * texts (else Maps), floats numbers, numpy's arrays `NDArray`s over the same memory, pyarrow's tables
 * Arrow tables, datetimes Dates, exceptions
 * `PythonError`s. What TypeScript has nothing for stays a `PyObject`, which can be passed on.
 * @throws DecodeError for what is nested deeper than 1000.
 */
export function fromPython(value: unknown): unknown {
  return new Conversion().of(value, 0)
}

class Conversion {
  /** What is one thing in Python is one here, also where it is part of itself. */
  readonly #made = new Map<object, unknown>()

  of(value: unknown, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof PyFloat) return value.value
    if (this.#made.has(value)) return this.#made.get(value)
    if (depth > DEPTH_MAX) throw new DecodeError(`a value of Python's nested deeper than ${DEPTH_MAX}`)
    return this.#new(value, depth + 1)
  }

  #new(value: object, depth: number): unknown {
    if (Array.isArray(value)) return this.#array(value, value, depth)
    if (value instanceof PyTuple) return this.#array(value, value.items, depth)
    if (value instanceof Map) return this.#dict(value, [...value], depth)
    if (value instanceof Set) return this.#set(value, value, depth)
    if (value instanceof PyFrozenSet) return this.#set(value, value.items, depth)
    if (value instanceof PyBuffer || value instanceof PyByteArray) return value.bytes
    if (value instanceof PyObject) return this.#object(value, depth)
    return value
  }

  #keep<T>(source: object, made: T): T {
    this.#made.set(source, made)
    return made
  }

  #array(source: object, items: readonly unknown[], depth: number): unknown[] {
    const array = this.#keep<unknown[]>(source, [])
    for (const item of items) array.push(this.of(item, depth))
    return array
  }

  #set(source: object, items: Iterable<unknown>, depth: number): Set<unknown> {
    const set = this.#keep(source, new Set<unknown>())
    for (const item of items) set.add(this.of(item, depth))
    return set
  }

  #dict(source: object, entries: readonly (readonly [unknown, unknown])[], depth: number): unknown {
    if (!entries.every(([key]) => typeof key === 'string')) return this.#map(source, entries, depth)
    const record = this.#keep<Record<string, unknown>>(source, {})
    for (const [key, item] of entries) set(record, key as string, this.of(item, depth))
    return record
  }

  #map(source: object, entries: readonly (readonly [unknown, unknown])[], depth: number): Map<unknown, unknown> {
    const map = this.#keep(source, new Map<unknown, unknown>())
    for (const [key, item] of entries) map.set(this.of(key, depth), this.of(item, depth))
    return map
  }

  #object(object: PyObject, depth: number): unknown {
    if (object.maker === 'collections.OrderedDict') return this.#dict(object, object.entries, depth)
    const old = fromOldForm(object)
    if (old instanceof Set) return this.#set(object, old, depth)
    const known =
      old ??
      fromNumpy(object) ??
      fromDatetime(object) ??
      fromPyArrow(object) ??
      fromPandas(object) ??
      plainError(object)
    return this.#keep(object, known ?? object)
  }
}

function plainError(object: PyObject): Error | undefined {
  return isException(object) ? fromException(object, undefined) : undefined
}

/** `__proto__` is a key like any other. */
function set(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') record[key] = value
  else Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true })
}
