/** How results are made: one recipe for a single task, one for all items of a map. */

import type { MapSpec } from '../../protocol/messages.js'
import { mapBytes } from '../../util/submission-bytes.js'
import { Encoded } from '../../values/encoded.js'
import { PackedArgs } from './packed-args.js'
import type { SubmittedTask } from './submission.js'
import type { Recipe, TaskGroup } from './task.js'

const NO_BUFFERS: readonly Uint8Array[] = []

export class SingleRecipe implements Recipe {
  readonly #args: Encoded | PackedArgs
  readonly #identity: string

  constructor(
    readonly group: TaskGroup,
    { args, recipe }: SubmittedTask,
  ) {
    this.#args = args
    this.#identity = recipe
  }

  args(): Encoded {
    return this.#args instanceof PackedArgs ? this.#args.open() : this.#args
  }

  get argBytes(): number {
    return this.#args.size
  }

  identity(): string {
    return this.#identity
  }
}

export class MapRecipe implements Recipe {
  readonly #spec: MapSpec
  readonly #offsets: DataView
  readonly argBytes: number

  constructor(
    readonly group: TaskGroup,
    spec: MapSpec,
  ) {
    this.#spec = spec
    this.argBytes = Math.ceil(mapBytes(spec) / Math.max(1, spec.length))
    const { buffer, byteOffset, byteLength } = spec.offsets
    this.#offsets = new DataView(buffer, byteOffset, byteLength)
  }

  args(index: number): Encoded {
    const start = this.#offsets.getUint32(4 * index, true)
    const end = this.#offsets.getUint32(4 * index + 4, true)
    const head = this.#spec.args.subarray(start, end)
    const buffers = this.#spec.buffers.get(index)
    if (buffers === undefined) return new Encoded(head, NO_BUFFERS, end - start)
    return new Encoded(head, buffers, end - start + buffers.reduce((n, b) => n + b.byteLength, 0))
  }

  identity(index: number): string {
    return `${this.#spec.recipe}-${(this.#spec.start ?? 0) + index}`
  }
}
