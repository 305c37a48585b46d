import type { Key } from '../protocol/names.js'
import { ESCAPE, EXTRA, NESTING_MAX, SHAPES_MAX } from './format.js'
import { HeadReader } from './head-reader.js'
import { readExtra } from './readers.js'
import { viewKindOf } from './view-kinds.js'
import type { ViewReader } from './view-reader.js'

/** So many places are made at once; more come as their bytes are read. */
const ROOM_MAX = 1024

export interface DecoderParts {
  readonly shared: boolean
  readonly shaped: boolean
  readonly views: ViewReader | undefined
  readonly resolve: ((key: Key) => unknown) | undefined
}

type Fields = Record<string, unknown>

/** Reads the body of a head. */
export class Decoder extends HeadReader {
  /** What code that is not ours threw: it is passed on as it is. */
  foreignError: unknown
  readonly #objects: unknown[] | undefined
  readonly #shapes: string[][] | undefined
  readonly #views: ViewReader | undefined
  readonly #resolve: ((key: Key) => unknown) | undefined
  #resolved: Map<Key, unknown> | undefined
  #depth = 0

  constructor(bytes: Uint8Array, end: number, parts: DecoderParts) {
    super(bytes, 1, end)
    this.#objects = parts.shared ? [] : undefined
    this.#shapes = parts.shaped ? [] : undefined
    this.#views = parts.views
    this.#resolve = parts.resolve
  }

  /** The one value that there is. */
  whole(): unknown {
    const value = this.value()
    this.expectEnd()
    this.#views?.expectEnd()
    return value
  }

  value(): unknown {
    const token = this.byte()
    if (token < 0x80) return token
    if (token < 0x90) return this.#map(token & 0x0f, {})
    if (token < 0xa0) return this.#array(token & 0x0f)
    if (token < 0xc0) return this.utf8(token & 0x1f)
    if (token >= 0xe0) return token - 0x100
    if (token === ESCAPE) return this.#extra(this.byte())
    if (token === 0xdc || token === 0xdd) return this.#array(this.checkCount(this.length(token - 0xdb)))
    if (token === 0xde || token === 0xdf) return this.#map(this.length(token - 0xdd), {})
    return this.scalar(token)
  }

  /** Numbers an object: before its parts are read, as the writer did. */
  met<T>(object: T): T {
    this.#objects?.push(object)
    return object
  }

  /** Numbers an object that exists only when its parts were read. Gives how to say what it is. */
  meetLater(): (object: unknown) => void {
    const objects = this.#objects
    if (objects === undefined) return () => {}
    const number = objects.push(UNFINISHED) - 1
    return (object) => {
      objects[number] = object
    }
  }

  /** Reads properties, which follow as a map or as `sameKeys`, into an object. */
  properties(object: object): void {
    const token = this.byte()
    if (token >= 0x80 && token < 0x90) this.#entries(token & 0x0f, object as Fields)
    else if (token === 0xde || token === 0xdf) this.#entries(this.length(token - 0xdd), object as Fields)
    else if (token === ESCAPE && this.byte() === EXTRA.sameKeys) this.#knownEntries(object as Fields)
    else this.fail('something else where properties must stand')
  }

  again(): unknown {
    const object = this.#objects?.[this.varint()]
    return object === undefined || object === UNFINISHED ? this.fail('an object that is not there yet') : object
  }

  view(): object {
    const kind = this.byte()
    return this.#views?.next(kind) ?? this.fail('a view without a table')
  }

  /** A view that is part of something else, and of that kind (undefined: of any). */
  viewOf(kind: number | undefined): object {
    if (this.byte() !== ESCAPE || this.byte() !== EXTRA.view) this.fail('something else where a view must stand')
    const view = this.view()
    const found = viewKindOf(Object.getPrototypeOf(view))
    return kind === undefined || kind === found ? view : this.fail('a view of another kind')
  }

  reference(): unknown {
    const key = this.text()
    this.#resolved ??= new Map()
    if (!this.#resolved.has(key)) this.#resolved.set(key, this.#resolveKey(key))
    return this.met(this.#resolved.get(key))
  }

  /** Runs code that is not ours. */
  foreign<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      this.foreignError = error
      throw error
    }
  }

  enter(): void {
    if (++this.#depth > NESTING_MAX) this.fail(`nested deeper than ${NESTING_MAX}`)
  }

  leave(): void {
    this.#depth--
  }

  #resolveKey(key: Key): unknown {
    const resolve = this.#resolve ?? this.fail(`a reference to ${key}, which nobody resolves here`)
    return this.foreign(() => resolve(key))
  }

  #array(length: number): unknown[] {
    this.enter()
    const values = this.met(new Array<unknown>(Math.min(length, ROOM_MAX)))
    for (let i = 0; i < length; i++) values[i] = this.value()
    this.leave()
    return values
  }

  #map(size: number, object: Fields): object {
    this.enter()
    this.met(object)
    this.#entries(size, object)
    this.leave()
    return object
  }

  #entries(size: number, object: Fields): void {
    this.checkCount(2 * size)
    const names: string[] | undefined = this.#shapes && []
    for (let i = 0; i < size; i++) {
      const name = this.text()
      names?.push(name)
      this.#set(object, name, this.value())
    }
    if (names !== undefined) this.#addShape(names)
  }

  #addShape(names: string[]): void {
    const shapes = this.#shapes as string[][]
    if (names.length > 0 && shapes.length < SHAPES_MAX) shapes.push(names)
  }

  #knownEntries(object: Fields): void {
    const names = this.#shapes?.[this.varint()] ?? this.fail('a list of keys that is not there')
    this.checkCount(names.length)
    for (let i = 0; i < names.length; i++) this.#set(object, names[i] as string, this.value())
  }

  #set(object: Fields, name: string, value: unknown): void {
    if (name !== '__proto__') object[name] = value
    else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  }

  #extra(kind: number): unknown {
    if (kind === EXTRA.undefined) return undefined
    if (kind === EXTRA.text16) return this.text16()
    if (kind === EXTRA.bigint) return this.bigint()
    if (kind === EXTRA.again) return this.again()
    this.enter()
    const value = kind === EXTRA.sameKeys ? this.#sameKeys() : readExtra(this, kind)
    this.leave()
    return value
  }

  #sameKeys(): object {
    const object = this.met({})
    this.#knownEntries(object)
    return object
  }
}

const UNFINISHED = Symbol('unfinished')
