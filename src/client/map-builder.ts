import type { Shipped } from '../code/identity.js'
import type { MapSpec } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'
import { encodeWithRefs } from '../values/encode.js'
import { Encoded } from '../values/encoded.js'
import { hashOf } from '../values/hash.js'
import { recipeOf } from './recipe.js'

/** A map whose items have more bytes of arguments is sent as several. */
const BYTES_MAX = 8 * 2 ** 20

/** Collects the argument lists of one `map` as one record: their bytes one after the other, and where each ends. */
export class MapBuilder {
  readonly #code: Shipped
  readonly #sharedDeps: readonly Key[]
  #bytes = Buffer.allocUnsafe(4096)
  #offsets: number[] = [0]
  #at = 0
  readonly #buffers = new Map<number, Uint8Array[]>()
  readonly #deps = new Map<number, Key[]>()

  constructor(code: Shipped, sharedDeps: readonly Key[]) {
    this.#code = code
    this.#sharedDeps = sharedDeps
  }

  get length(): number {
    return this.#offsets.length - 1
  }

  get isFull(): boolean {
    return this.#at > BYTES_MAX
  }

  /** One more call. @throws CloneError. */
  add(args: readonly unknown[]): void {
    const { encoded, refs } = encodeWithRefs(args, { argumentsOf: this.#code.name })
    const index = this.length
    const own = refs.length > this.#sharedDeps.length ? refs.filter((key) => !this.#sharedDeps.includes(key)) : []
    if (own.length > 0) this.#deps.set(index, own)
    if (encoded.buffers.length > 0) this.#buffers.set(index, [...encoded.buffers])
    this.#append(encoded.head)
    this.#offsets.push(this.#at)
  }

  /** All but its name. */
  finish(): Omit<MapSpec, 'prefix' | 'recipe'> {
    return {
      function: this.#code.ref,
      length: this.length,
      args: this.#bytes.subarray(0, this.#at),
      offsets: new Uint8Array(Uint32Array.from(this.#offsets).buffer),
      buffers: this.#buffers,
      deps: this.#deps,
      shared_deps: [...this.#sharedDeps],
    }
  }

  #append(head: Uint8Array): void {
    const end = this.#at + head.byteLength
    if (end > this.#bytes.byteLength) {
      const larger = Buffer.allocUnsafe(Math.max(end, 2 * this.#bytes.byteLength))
      this.#bytes.copy(larger, 0, 0, this.#at)
      this.#bytes = larger
    }
    this.#bytes.set(head, this.#at)
    this.#at = end
  }
}

/** 128 bits, hex: which work a map is. References are in its bytes. */
export function recipeOfMap(spec: Omit<MapSpec, 'prefix' | 'recipe'>): string {
  const buffers = [...spec.buffers].flatMap(([index, parts]) => [new Uint8Array(Int32Array.of(index).buffer), ...parts])
  return recipeOf(spec.function, hashOf(new Encoded(spec.args, [spec.offsets, ...buffers], 0)))
}
