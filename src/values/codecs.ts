import { OptionError } from '../errors.js'
import type { Encoder } from './encoder.js'
import { EXTRA } from './format.js'
import { viewKindOf } from './view-kinds.js'
import { writeError } from './write-error.js'

/** Any class, also an abstract one or one whose constructor nobody may call. */
export type AnyClass<T extends object> = { readonly name: string; readonly prototype: T }

/** How instances of a class travel; see `registerCodec`. */
export interface CodecOptions<T extends object, D = unknown> {
  /** What the class is called in the bytes; the same on all nodes. Default: the class's name. */
  name?: string
  /** The data that stands for an instance: anything that can travel. Default: its own properties. */
  encode?: (instance: T) => D
  /** The instance of that data. Default: an object with these properties and the class's prototype; no constructor runs. */
  decode?: (data: D) => T
}

/** How instances of one registered class travel. */
export class Codec {
  constructor(
    readonly name: string,
    readonly prototype: object,
    readonly encode: ((instance: object) => unknown) | undefined,
    readonly decode: ((data: unknown) => unknown) | undefined,
  ) {}

  write(encoder: Encoder, instance: object): void {
    if (this.encode !== undefined) this.#writeData(encoder, instance, this.encode(instance))
    else if (instance instanceof Error) writeError(encoder, instance, this.name)
    else {
      encoder.extra(EXTRA.properties)
      encoder.text(this.name)
      encoder.properties(instance)
    }
  }

  #writeData(encoder: Encoder, instance: object, data: unknown): void {
    encoder.extra(EXTRA.instance)
    encoder.text(this.name)
    encoder.dataOf(instance, { path: `.encode(${this.name})` }, data)
  }
}

const BY_PROTOTYPE = new WeakMap<object, Codec>()
const BY_NAME = new Map<string, Codec>()

/** Classes whose instances hold more than properties. */
const WITH_SLOTS = [Map, Set, Array, Date, RegExp, Promise, ArrayBuffer, DataView, Object.getPrototypeOf(Uint8Array)]

/**
 * Lets instances of a class travel: as what `encode` makes of them, or as their own properties, to which the prototype
 * is given back. Call it where the class is defined, so that every node that loads the class knows it. A class with
 * `#private` fields needs `encode` and `decode`: nobody else can see those. Registered again under the same name (a
 * module that was loaded anew), the later class is the one that comes out.
 * @throws OptionError when only one of `encode` and `decode` is given, or the class cannot do without them.
 * @example registerCodec(Money, { encode: (m) => m.cents, decode: (cents) => new Money(cents) })
 */
export function registerCodec<T extends object, D = unknown>(
  Class: AnyClass<T>,
  options: CodecOptions<T, D> = {},
): void {
  const { name = Class.name, encode, decode } = options
  check(Class, name, encode, decode)
  const codec = new Codec(name, Class.prototype, encode as Codec['encode'], decode as Codec['decode'])
  BY_PROTOTYPE.set(Class.prototype, codec)
  BY_NAME.set(name, codec)
}

function check(Class: AnyClass<object>, name: unknown, encode: unknown, decode: unknown): void {
  if (!isClass(Class)) throw new OptionError('registerCodec', `takes a class, not ${typeof Class}`)
  if (typeof name !== 'string' || name === '')
    throw new OptionError('name', 'a class without a name needs one: registerCodec(Class, { name })')
  if ((encode === undefined) !== (decode === undefined))
    throw new OptionError('registerCodec', `${name}: give both encode and decode, or neither`)
  if (viewKindOf(Class.prototype) !== undefined || isNative(Class))
    throw new OptionError('registerCodec', `${name} is built in: how it travels is settled`)
  const base = WITH_SLOTS.find((one) => Class.prototype instanceof one)
  if (base !== undefined && encode === undefined)
    throw new OptionError('registerCodec', `${name} extends ${base.name}: give encode and decode`)
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && typeof value.prototype === 'object'
}

function isNative(Class: object): boolean {
  return Function.prototype.toString.call(Class).endsWith('{ [native code] }')
}

/** How objects with this prototype travel. */
export function codecOf(prototype: object): Codec | undefined {
  return BY_PROTOTYPE.get(prototype)
}

/** How values that bear this name come back. */
export function codecNamed(name: string): Codec | undefined {
  return BY_NAME.get(name)
}
