import { DecodeError } from '../../errors.js'
import { PyBuffer, PyByteArray, PyFloat, PyGlobal, PyTuple } from '../python.js'
import { BytesReader } from './bytes-reader.js'
import { type PickleLimits, PickleMachine } from './machine.js'
import { OP, PROTOCOL_MAX } from './opcodes.js'

/**
 * What a pickle says, as data. It is never run: names stay names (`PyGlobal`) and calls stay records (`PyObject`).
 * Integers are numbers up to 2^53, then bigints; floats are numbers unless they could be taken for integers
 * (`PyFloat`); dicts are Maps. Bytes are views of the pickle, buffers those that were given.
 * @throws DecodeError for everything that is no pickle, and for those of protocol 0.
 */
export function readPickle(
  pickle: Uint8Array,
  buffers: readonly Uint8Array[] = [],
  limits: PickleLimits = {},
): unknown {
  return new PickleReader(pickle, buffers, limits).read()
}

class PickleReader {
  readonly #in: BytesReader
  readonly #buffers: readonly Uint8Array[]
  readonly #machine: PickleMachine
  #nextBuffer = 0

  constructor(pickle: Uint8Array, buffers: readonly Uint8Array[], limits: PickleLimits) {
    this.#in = new BytesReader(pickle)
    this.#buffers = buffers
    this.#machine = new PickleMachine((what) => this.#in.fail(what), limits)
  }

  read(): unknown {
    try {
      for (let op = this.#in.byte(); op !== OP.stop; op = this.#in.byte()) this.#step(op)
      return this.#machine.pop()
    } catch (error) {
      // A Map or an array can hold so many things and no more.
      if (error instanceof RangeError) throw new DecodeError(`this pickle is too large: ${error.message}`)
      throw error
    }
  }

  #step(op: number): void {
    if (op >= OP.proto) this.#modern(op)
    else if (!this.#simple(op)) this.#structure(op)
  }

  /** Things without parts. */
  #simple(op: number): boolean {
    const reader = this.#in
    switch (op) {
      case OP.none:
        return this.#machine.push(null)
      case OP.binInt1:
        return this.#machine.push(reader.byte())
      case OP.binInt2:
        return this.#machine.push(reader.uint16())
      case OP.binInt:
        return this.#machine.push(reader.int32())
      case OP.binFloat:
        return this.#machine.push(asFloat(reader.float64()))
      case OP.binUnicode:
        return this.#machine.push(reader.text(reader.uint32()))
      case OP.binBytes:
        return this.#machine.push(reader.bytes(reader.uint32()))
      case OP.shortBinBytes:
        return this.#machine.push(reader.bytes(reader.byte()))
      case OP.binString:
        return this.#machine.push(reader.latin1(reader.uint32()))
      case OP.shortBinString:
        return this.#machine.push(reader.latin1(reader.byte()))
      case OP.binGet:
        return this.#machine.push(this.#machine.recall(reader.byte()))
      case OP.longBinGet:
        return this.#machine.push(this.#machine.recall(reader.uint32()))
      case OP.global:
        return this.#machine.push(new PyGlobal(reader.line(), reader.line()))
      case OP.emptyTuple:
        return this.#machine.push(new PyTuple([]))
      case OP.emptyList:
        return this.#machine.push([])
      case OP.emptyDict:
        return this.#machine.push(new Map())
      default:
        return false
    }
  }

  /** What takes from the stack. */
  #structure(op: number): void {
    switch (op) {
      case OP.mark:
        return this.#machine.mark()
      case OP.pop:
        return this.#machine.discard()
      case OP.popMark:
        return void this.#machine.sublist()
      case OP.dup:
        return this.#machine.duplicate()
      case OP.binPut:
        return this.#machine.remember(this.#in.byte())
      case OP.longBinPut:
        return this.#machine.remember(this.#in.uint32())
      case OP.append:
        return this.#machine.append([this.#machine.pop()])
      case OP.appends:
        return this.#machine.append(this.#machine.sublist())
      case OP.setItem:
        return this.#machine.setItem()
      case OP.setItems:
        return this.#machine.setItems(this.#machine.sublist())
      case OP.tuple:
        return this.#machine.longTuple()
      case OP.list:
        return this.#machine.list()
      case OP.dict:
        return this.#machine.dict()
      case OP.reduce:
        return this.#machine.make('call')
      case OP.build:
        return this.#machine.build()
      default:
        this.#unknown(op)
    }
  }

  /** What came with protocol 2 and later. */
  #modern(op: number): void {
    const reader = this.#in
    switch (op) {
      case OP.proto:
        return this.#protocol(reader.byte())
      case OP.newTrue:
        return void this.#machine.push(true)
      case OP.newFalse:
        return void this.#machine.push(false)
      case OP.tuple1:
        return this.#machine.tuple(1)
      case OP.tuple2:
        return this.#machine.tuple(2)
      case OP.tuple3:
        return this.#machine.tuple(3)
      case OP.long1:
        return void this.#machine.push(reader.integer(reader.byte()))
      case OP.long4:
        return void this.#machine.push(reader.integer(reader.uint32()))
      case OP.newObj:
        return this.#machine.make('new')
      default:
        this.#protocol4(op)
    }
  }

  #protocol4(op: number): void {
    const reader = this.#in
    switch (op) {
      case OP.shortBinUnicode:
        return void this.#machine.push(reader.text(reader.byte()))
      case OP.binUnicode8:
        return void this.#machine.push(reader.text(reader.uint64()))
      case OP.binBytes8:
        return void this.#machine.push(reader.bytes(reader.uint64()))
      case OP.byteArray8:
        return void this.#machine.push(new PyByteArray(reader.bytes(reader.uint64())))
      case OP.emptySet:
        return void this.#machine.push(new Set())
      case OP.addItems:
        return this.#machine.addItems(this.#machine.sublist())
      case OP.frozenSet:
        return this.#machine.frozenSet()
      case OP.newObjEx:
        return this.#machine.makeWithKeywords()
      case OP.stackGlobal:
        return this.#machine.stackGlobal()
      case OP.memoize:
        return this.#machine.remember(this.#machine.named)
      case OP.frame:
        return this.#frame(reader.uint64())
      case OP.nextBuffer:
        return this.#takeBuffer()
      case OP.readonlyBuffer:
        return this.#readonlyBuffer()
      default:
        this.#unknown(op)
    }
  }

  #unknown(op: number): never {
    return this.#in.fail(`the instruction 0x${op.toString(16)}`)
  }

  #protocol(number: number): void {
    if (number > PROTOCOL_MAX) this.#in.fail(`protocol ${number}`)
  }

  /** A frame says how many bytes belong together; we have them all. */
  #frame(length: number): void {
    this.#in.expect(length)
  }

  #takeBuffer(): void {
    const buffer = this.#buffers[this.#nextBuffer++]
    if (buffer === undefined) return this.#in.fail('a buffer that is not there')
    this.#machine.push(new PyBuffer(buffer, false))
  }

  #readonlyBuffer(): void {
    const buffer = this.#machine.pop()
    if (!(buffer instanceof PyBuffer)) return this.#in.fail('a read-only buffer that is none')
    this.#machine.push(new PyBuffer(buffer.bytes, true))
  }
}

function asFloat(value: number): number | PyFloat {
  return Number.isInteger(value) ? new PyFloat(value) : value
}
