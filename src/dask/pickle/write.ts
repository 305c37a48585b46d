import { CloneError } from '../../errors.js'
import { isRecord } from '../../protocol/msgpack-extensions.js'
import { typenameOf } from '../../values/typename.js'
import { PyBuffer, PyByteArray, PyFloat, PyFrozenSet, PyGlobal, PyObject, PyTuple } from '../python.js'
import { BytesWriter } from './bytes-writer.js'
import { OP, PROTOCOL_MAX } from './opcodes.js'
import { utf8Of } from './utf8.js'

/** A pickle, and the memory that belongs beside it. */
export interface Pickle {
  readonly bytes: Uint8Array
  readonly buffers: readonly PyBuffer[]
}

/** What to write in the place of an object that is no plain data; undefined: it cannot be written. */
export type Express = (value: object) => unknown

const DEPTH_MAX = 1000

/**
 * The value as Python will make it: integers as int, other numbers as float, arrays as lists, plain objects and Maps as
 * dicts, `undefined` as None; and what `readPickle` gives, as what it was. What occurs twice is one thing in Python.
 * @throws CloneError for functions, symbols and instances for which `express` has nothing.
 */
export function writePickle(value: unknown, express: Express = () => undefined): Pickle {
  return new PickleWriter(express).write(value)
}

class PickleWriter {
  readonly #out = new BytesWriter()
  readonly #buffers: PyBuffer[] = []
  readonly #names = new Map<object, number>()
  /** Objects that can be named only when they are complete. */
  readonly #open = new Set<object>()
  readonly #express: Express
  /** What `express` made must live as long as its name. */
  readonly #expressed = new Map<object, unknown>()
  #depth = 0

  constructor(express: Express) {
    this.#express = express
  }

  write(value: unknown): Pickle {
    this.#out.byte(OP.proto)
    this.#out.byte(PROTOCOL_MAX)
    this.#value(value)
    this.#out.byte(OP.stop)
    return { bytes: this.#out.take(), buffers: this.#buffers }
  }

  #value(value: unknown): void {
    if (value === null || value === undefined) return this.#out.byte(OP.none)
    switch (typeof value) {
      case 'boolean':
        return this.#out.byte(value ? OP.newTrue : OP.newFalse)
      case 'number':
        return this.#number(value)
      case 'bigint':
        return this.#bigint(value)
      case 'string':
        return this.#text(value)
      case 'object':
        return this.#object(value)
      default:
        refuse(`a ${typeof value}`)
    }
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) return this.#float(value)
    if (value >= 0 && value < 0x100) return this.#short(OP.binInt1, value)
    if ((value | 0) !== value) return this.#bigint(BigInt(value))
    this.#out.byte(OP.binInt)
    this.#out.int32(value)
  }

  #float(value: number): void {
    this.#out.byte(OP.binFloat)
    this.#out.float64(value)
  }

  #bigint(value: bigint): void {
    const bytes = twosComplement(value)
    if (bytes.byteLength < 0x100) this.#short(OP.long1, bytes.byteLength)
    else this.#long(OP.long4, bytes.byteLength)
    this.#out.bytes(bytes)
  }

  #text(value: string): void {
    const bytes = utf8Of(value)
    this.#lengthOf(bytes.byteLength, OP.shortBinUnicode, OP.binUnicode, OP.binUnicode8)
    this.#out.bytes(bytes)
  }

  #bytes(bytes: Uint8Array): void {
    this.#lengthOf(bytes.byteLength, OP.shortBinBytes, OP.binBytes, OP.binBytes8)
    this.#out.bytes(bytes)
  }

  #lengthOf(length: number, short: number, long: number, longer: number): void {
    if (length < 0x100) this.#short(short, length)
    else if (length <= 0xffffffff) this.#long(long, length)
    else {
      this.#out.byte(longer)
      this.#out.uint64(length)
    }
  }

  #short(op: number, operand: number): void {
    this.#out.byte(op)
    this.#out.byte(operand)
  }

  #long(op: number, operand: number): void {
    this.#out.byte(op)
    this.#out.uint32(operand)
  }

  #object(value: object): void {
    const name = this.#names.get(value)
    if (name !== undefined) return name < 0x100 ? this.#short(OP.binGet, name) : this.#long(OP.longBinGet, name)
    if (this.#open.has(value)) refuse('an object that is part of what makes it')
    if (++this.#depth > DEPTH_MAX) refuse(`a value nested deeper than ${DEPTH_MAX}`)
    this.#newObject(value)
    this.#depth--
  }

  #newObject(value: object): void {
    if (Array.isArray(value)) return this.#list(value)
    if (value instanceof PyFloat) return this.#float(value.value)
    if (value instanceof PyTuple) return this.#whole(value, () => this.#tuple(value.items))
    if (value instanceof PyFrozenSet) return this.#whole(value, () => this.#frozenSet(value.items))
    if (value instanceof PyGlobal) return this.#whole(value, () => this.#global(value))
    if (value instanceof PyObject) return this.#made(value)
    if (value instanceof PyBuffer) return this.#whole(value, () => this.#buffer(value))
    if (value instanceof PyByteArray) return this.#whole(value, () => this.#byteArray(value))
    if (value instanceof Map) return this.#dict(value, value)
    if (value instanceof Set) return this.#set(value)
    if (Object.getPrototypeOf(value) === Uint8Array.prototype || Buffer.isBuffer(value))
      return this.#whole(value, () => this.#bytes(value as Uint8Array))
    if (isRecord(value)) return this.#dict(value, Object.entries(value))
    this.#foreign(value)
  }

  #foreign(value: object): void {
    const known = this.#expressed.get(value)
    const expressed = known ?? this.#express(value)
    if (expressed === undefined) refuse(`an instance of ${typenameOf(value)}`)
    this.#expressed.set(value, expressed)
    this.#value(expressed)
  }

  #remember(value: object): void {
    this.#names.set(value, this.#names.size)
    this.#out.byte(OP.memoize)
  }

  #whole(value: object, write: () => void): void {
    this.#open.add(value)
    write()
    this.#open.delete(value)
    this.#remember(value)
  }

  #list(items: readonly unknown[]): void {
    this.#out.byte(OP.emptyList)
    this.#remember(items)
    this.#items(items, OP.appends)
  }

  #set(members: ReadonlySet<unknown>): void {
    this.#out.byte(OP.emptySet)
    this.#remember(members)
    this.#items([...members], OP.addItems)
  }

  #items(items: readonly unknown[], end: number): void {
    if (items.length === 0) return
    this.#out.byte(OP.mark)
    for (let i = 0; i < items.length; i++) this.#value(items[i])
    this.#out.byte(end)
  }

  #dict(dict: object, entries: Iterable<readonly [unknown, unknown]>): void {
    this.#out.byte(OP.emptyDict)
    this.#remember(dict)
    this.#entries(entries)
  }

  #entries(entries: Iterable<readonly [unknown, unknown]>): void {
    this.#out.byte(OP.mark)
    for (const [key, value] of entries) {
      this.#value(key)
      this.#value(value)
    }
    this.#out.byte(OP.setItems)
  }

  #tuple(items: readonly unknown[]): void {
    if (items.length > 3) this.#out.byte(OP.mark)
    for (const item of items) this.#value(item)
    this.#out.byte([OP.emptyTuple, OP.tuple1, OP.tuple2, OP.tuple3][items.length] ?? OP.tuple)
  }

  #frozenSet(items: readonly unknown[]): void {
    this.#out.byte(OP.mark)
    for (const item of items) this.#value(item)
    this.#out.byte(OP.frozenSet)
  }

  #global({ module, name }: PyGlobal): void {
    this.#text(module)
    this.#text(name)
    this.#out.byte(OP.stackGlobal)
  }

  #buffer(buffer: PyBuffer): void {
    this.#buffers.push(buffer)
    this.#out.byte(OP.nextBuffer)
    if (buffer.readonly) this.#out.byte(OP.readonlyBuffer)
  }

  #byteArray({ bytes }: PyByteArray): void {
    this.#out.byte(OP.byteArray8)
    this.#out.uint64(bytes.byteLength)
    this.#out.bytes(bytes)
  }

  #made(value: PyObject): void {
    this.#whole(value, () => this.#making(value))
    if (value.items.length > 0) this.#items(value.items, OP.appends)
    if (value.entries.length > 0) this.#entries(value.entries)
    if (value.state === undefined) return
    this.#value(value.state)
    this.#out.byte(OP.build)
  }

  #making({ making, callable, args, keywords }: PyObject): void {
    this.#value(callable)
    this.#value(args)
    if (making === 'new-with-keywords') this.#value(keywords)
    this.#out.byte({ call: OP.reduce, new: OP.newObj, 'new-with-keywords': OP.newObjEx }[making])
  }
}

function refuse(what: string): never {
  throw new CloneError('HEDDLE_CLONE', '', `${what} cannot be made a value of Python's`)
}

function twosComplement(value: bigint): Uint8Array {
  const negative = value < 0n
  const magnitude = negative ? -value - 1n : value
  const hex = magnitude.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  const bytes = Buffer.from(Number.parseInt(even[0] as string, 16) < 8 ? even : `00${even}`, 'hex').reverse()
  if (negative) for (let i = 0; i < bytes.length; i++) bytes[i] = ~(bytes[i] as number)
  return bytes
}
