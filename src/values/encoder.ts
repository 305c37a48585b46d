import { CloneError } from '../errors.js'
import type { Key } from '../protocol/names.js'
import { areNumbers, hasOnlyElements } from './arrays.js'
import { codecOf } from './codecs.js'
import { EXTRA, FAMILY_VALUE, FLAG_BUFFERS, FLAG_SHAPES, FLAG_SHARED, NESTING_MAX, NUMBERS_MIN } from './format.js'
import { FUTURE_KEY, isFutureLike } from './future-ref.js'
import { HeadWriter } from './head-writer.js'
import { DETACHED, type Place, pathOf, type Refusal, refusalOf } from './refusal.js'
import { SeenObjects } from './seen-objects.js'
import { ShapeTable } from './shape-table.js'
import { isDetached, viewKindOf } from './view-kinds.js'
import { type TakeMemory, ViewWriter } from './view-writer.js'
import { writeError } from './write-error.js'
import { writerOf } from './writers.js'

/** What an encoder was like, to go back to. */
export interface Mark {
  readonly at: number
  readonly depth: number
  readonly seen: number
  readonly shapes: number
  readonly views: number
  readonly refs: number
  readonly open: number
}

export interface Naming {
  root?: string
  argumentsOf?: string
}

/** The one walk over a value. Used again and again: `start`, `value`, `finish`. */
export class Encoder extends HeadWriter {
  /** The keys of the references that were written; undefined: there may be none. */
  refs: Key[] | undefined
  /** The errors that are being written, the outermost first. */
  readonly openErrors: unknown[] = []
  #flags = 0
  #depth = 0
  #views: ViewWriter | undefined
  readonly #seen = new SeenObjects()
  readonly #shapes = new ShapeTable()
  /** Where the walk is: the place in each container around it. */
  readonly #places: Place[] = []
  /** Instances whose data is being written: they are there only when that was read. */
  readonly #open: object[] = []
  #naming: Naming = {}

  start(refs: Key[] | undefined, naming: Naming): void {
    this.at = 0
    this.refs = refs
    this.openErrors.length = 0
    this.#open.length = 0
    this.#naming = naming
    this.#flags = 0
    this.#depth = 0
    this.#views = undefined
    this.#seen.clear()
    this.#shapes.clear()
    this.byte(FAMILY_VALUE)
  }

  /** Writes the table of buffers. Gives the large ones; the head is there to be taken. */
  finish(takeMemory: TakeMemory): Uint8Array[] {
    const buffers = this.#views === undefined || this.#views.size === 0 ? [] : this.#writeViews(takeMemory)
    if (this.#flags !== 0) this.patch(0, FAMILY_VALUE | this.#flags)
    return buffers
  }

  /** Lets go of everything that it saw. */
  forget(): void {
    this.#seen.clear()
    this.#shapes.clear()
    this.#views = undefined
    this.refs = undefined
    this.openErrors.length = 0
    this.#open.length = 0
  }

  /** Bytes of all buffers, small ones too. Known when the value was finished. */
  get bufferBytes(): number {
    return this.#views?.nbytes ?? 0
  }

  value(value: unknown): void {
    if (typeof value === 'number') this.number(value)
    else if (typeof value === 'string') this.text(value)
    else if (typeof value === 'object') this.#object(value)
    else if (value === undefined) this.extra(EXTRA.undefined)
    else if (typeof value === 'boolean') this.byte(value ? 0xc3 : 0xc2)
    else if (typeof value === 'bigint') this.bigint(value)
    else this.refuse(refusalOf(value))
  }

  /** A part of the container that is being written. */
  part(place: Place, value: unknown): void {
    this.#places[this.#depth] = place
    this.value(value)
  }

  /** What a codec made of an instance. */
  dataOf(instance: object, place: Place, data: unknown): void {
    this.#open.push(instance)
    this.part(place, data)
    this.#open.pop()
  }

  /** An object's own enumerable properties, or the given ones of them. */
  properties(object: object, names = Object.keys(object)): void {
    const known = this.#shapes.find(names)
    if (known === undefined) this.mapHeader(names.length)
    else {
      this.#flags |= FLAG_SHAPES
      this.extra(EXTRA.sameKeys)
      this.varint(known)
    }
    const fields = object as Record<string, unknown>
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string
      if (known === undefined) this.text(name)
      this.part(name, fields[name])
    }
    if (known === undefined) this.#shapes.add(names)
  }

  #array(values: readonly unknown[]): void {
    const { length } = values
    if (length >= NUMBERS_MIN && areNumbers(values)) return this.#numbers(values)
    this.arrayHeader(length)
    for (let i = 0; i < length; i++) {
      const value = values[i]
      if (typeof value === 'number') this.number(value)
      else this.part(i, value)
    }
  }

  #numbers(values: readonly number[]): void {
    this.extra(EXTRA.numbers)
    this.varint(values.length)
    this.float64s(values)
  }

  /** The bytes of a view; `apart`: it shares no memory with its neighbours. */
  view(kind: number, value: ArrayBuffer | ArrayBufferView, apart = false): void {
    if (isDetached(value)) this.refuse(DETACHED, true)
    this.extra(EXTRA.view)
    this.byte(kind)
    this.#views ??= new ViewWriter()
    this.#views.add(kind, value, apart)
  }

  /** @throws CloneError that says where the walk is. `inside`: the refused value is a container that was entered. */
  refuse(refusal: Refusal, inside = false): never {
    const places = this.#places.slice(1, this.#depth + (inside ? 0 : 1))
    const isArgument = this.#naming.argumentsOf !== undefined && places.length > 0
    const index = isArgument ? (places.shift() as number) : 0
    const root = isArgument ? `argument ${index + 1} of '${this.#naming.argumentsOf}'` : this.#naming.root
    const path = pathOf(places)
    const message = `${root ?? 'the value'} cannot travel: ${path === '' ? 'it' : path} is ${refusal.what}. ${refusal.advice}`
    throw new CloneError(refusal.code, path, message)
  }

  /** Says of the whole value that it holds such things. */
  flag(flag: number): void {
    this.#flags |= flag
  }

  mark(): Mark {
    return {
      at: this.at,
      depth: this.#depth,
      seen: this.#seen.size,
      shapes: this.#shapes.size,
      views: this.#views?.size ?? 0,
      refs: this.refs?.length ?? 0,
      open: this.#open.length,
    }
  }

  /** As if nothing had been written since the mark. */
  reset(mark: Mark): void {
    this.at = mark.at
    this.#depth = mark.depth
    this.#open.length = mark.open
    this.#seen.shrink(mark.seen)
    this.#shapes.shrink(mark.shapes)
    this.#views?.shrink(mark.views)
    if (this.refs) this.refs.length = mark.refs
  }

  #object(value: object | null): void {
    if (value === null) return this.byte(0xc0)
    const number = this.#seen.numberOf(value)
    if (number !== undefined) return this.#again(number, value)
    if (++this.#depth > NESTING_MAX) this.refuse(TOO_DEEP, true)
    const prototype: object | null = Object.getPrototypeOf(value)
    if (prototype === Object.prototype && !(FUTURE_KEY in value)) this.properties(value)
    else if (prototype === Array.prototype && Array.isArray(value)) this.anyArray(value)
    else this.#special(value, prototype)
    this.#depth--
  }

  #again(number: number, value: object): void {
    if (this.#open.includes(value)) this.refuse(WITHIN_ITSELF)
    this.#flags |= FLAG_SHARED
    this.extra(EXTRA.again)
    this.varint(number)
  }

  /** An array that may have holes and properties. */
  anyArray(values: readonly unknown[]): void {
    if (hasOnlyElements(values)) this.#array(values)
    else this.#looseArray(values)
  }

  #looseArray(values: readonly unknown[]): void {
    const names = Object.keys(values)
    this.extra(EXTRA.looseArray)
    this.varint(values.length)
    this.varint(names.length)
    for (const name of names) {
      const index = Number(name)
      const isIndex = String(index) === name && index < values.length
      this.value(isIndex ? index : name)
      this.part(isIndex ? index : name, values[name as unknown as number])
    }
  }

  #special(value: object, prototype: object | null): void {
    if (prototype === null) return this.#nullObject(value)
    const kind = viewKindOf(prototype)
    if (kind !== undefined) return this.view(kind, value as ArrayBufferView)
    if (isFutureLike(value)) return this.#reference(value[FUTURE_KEY])
    const codec = codecOf(prototype)
    if (codec !== undefined) return codec.write(this, value)
    const write = writerOf(value, prototype)
    if (write !== undefined) return write(this, value)
    if (value instanceof Error) return writeError(this, value)
    this.refuse(refusalOf(value), true)
  }

  #nullObject(value: object): void {
    this.extra(EXTRA.nullObject)
    this.properties(value)
  }

  #reference(key: Key): void {
    if (this.refs === undefined) {
      this.refuse({ code: 'HEDDLE_CLONE', what: `a future (${key})`, advice: 'Await its result, and pass that.' }, true)
    }
    if (!this.refs.includes(key)) this.refs.push(key)
    this.extra(EXTRA.reference)
    this.text(key)
  }

  #writeViews(takeMemory: TakeMemory): Uint8Array[] {
    this.#flags |= FLAG_BUFFERS
    const start = this.at
    const buffers = (this.#views as ViewWriter).write(this, takeMemory)
    this.uint32(this.at - start)
    return buffers
  }
}

const WITHIN_ITSELF: Refusal = {
  code: 'HEDDLE_CLONE',
  what: 'an instance that refers to itself in the data that its codec makes',
  advice: 'Leave it out there, or register the class without encode and decode.',
}

const TOO_DEEP: Refusal = {
  code: 'HEDDLE_CLONE',
  what: `nested deeper than ${NESTING_MAX}`,
  advice: 'Pass it as a list of parts that name each other by number.',
}
