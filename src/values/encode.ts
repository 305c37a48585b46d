import type { Key } from '../protocol/names.js'
import { arrowKindOf } from './arrow-module.js'
import { Encoded } from './encoded.js'
import { Encoder } from './encoder.js'
import { FAMILY_BARE, LARGE_BUFFER } from './format.js'
import { NDArray } from './ndarray.js'
import { bytesOf, isDetached, viewKindOf } from './view-kinds.js'
import type { TakeMemory } from './view-writer.js'

export interface EncodeOptions {
  /** What the value is called in errors: `argument 1 of 'load'`, `the result of 'load' (load-3f2a)`. Default `the value`. */
  root?: string
  /** The value is the argument list of a function of this name: errors name the argument, paths begin behind it. */
  argumentsOf?: string
  /**
   * Memory for the large buffers (4 KiB and more), which are copied there; it may also give `source` itself, which then
   * must not change. Default: ordinary memory. `share`: all stay views of the value's own memory, which must not change
   * while the `Encoded` is in use.
   */
  memory?: TakeMemory | 'share' | undefined
}

/**
 * The bytes of a value (docs/architecture.md, values). Anything not on the list is refused, never silently changed.
 * Properties whose key is a symbol, and those that are not enumerable, are left out, as structured clone does.
 * @throws CloneError, which names the path of the part that cannot travel. Futures are refused here.
 */
export function encode(value: unknown, options: EncodeOptions = {}): Encoded {
  return encodeWith(value, options, undefined)
}

/** The same for arguments, in which futures may stand at any depth; `refs` are their keys, each once, in order. */
export function encodeWithRefs(
  value: unknown,
  options: EncodeOptions = {},
): { encoded: Encoded; refs: readonly Key[] } {
  const refs: Key[] = []
  return { encoded: encodeWith(value, options, refs), refs }
}

/** Undefined while it is in use: a codec may encode on its own. */
let idle: Encoder | undefined = new Encoder()

function encodeWith(value: unknown, options: EncodeOptions, refs: Key[] | undefined): Encoded {
  const encoder = idle ?? new Encoder()
  idle = undefined
  try {
    const bare = bareKind(value)
    if (bare !== undefined) return encodeBare(encoder, bare, bytesOf(value as ArrayBufferView), memoryOf(options))
    encoder.start(refs, options)
    encoder.value(value)
    const buffers = encoder.finish(memoryOf(options))
    const { bufferBytes } = encoder
    return sized(encoder.take(), buffers, isAllBuffers(value) ? bufferBytes : undefined)
  } finally {
    encoder.forget()
    idle = encoder
  }
}

/** What is nothing but its buffers has their size, whatever the head has to say of it. */
function isAllBuffers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return value instanceof NDArray || arrowKindOf(value) !== undefined
}

function sized(head: Uint8Array, buffers: Uint8Array[], exact: number | undefined): Encoded {
  if (exact !== undefined) return new Encoded(head, buffers, exact)
  let nbytes = head.byteLength
  for (const buffer of buffers) nbytes += buffer.byteLength
  return new Encoded(head, buffers, nbytes)
}

function memoryOf(options: EncodeOptions): TakeMemory {
  if (options.memory === undefined) return ordinaryMemory
  return options.memory === 'share' ? sharedMemory : options.memory
}

function ordinaryMemory(nbytes: number): Uint8Array {
  const { buffer } = Buffer.allocUnsafeSlow(nbytes)
  return new Uint8Array(buffer)
}

function sharedMemory(nbytes: number, source: Uint8Array): Uint8Array {
  return source.byteLength === nbytes ? source : ordinaryMemory(nbytes)
}

function bareKind(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const prototype: object | null = Object.getPrototypeOf(value)
  const kind = prototype === null ? undefined : viewKindOf(prototype)
  return kind !== undefined && isDetached(value as ArrayBufferView) ? undefined : kind
}

/** A typed array alone: its bytes, and no walk. */
function encodeBare(encoder: Encoder, kind: number, source: Uint8Array, takeMemory: TakeMemory): Encoded {
  const nbytes = source.byteLength
  encoder.at = 0
  encoder.byte(FAMILY_BARE | kind)
  if (nbytes < LARGE_BUFFER) {
    encoder.raw(source)
    return new Encoded(encoder.take(), [], nbytes)
  }
  const memory = takeMemory(nbytes, source)
  if (memory.buffer !== source.buffer || memory.byteOffset !== source.byteOffset) memory.set(source)
  return new Encoded(encoder.take(), [memory], nbytes)
}
