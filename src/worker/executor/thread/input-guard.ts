import { createHash } from 'node:crypto'
import { HeddleError } from '../../../errors.js'
import type { Key } from '../../../protocol/names.js'
import { encode } from '../../../values/encode.js'

/** Larger inputs are not looked at: it would take longer than many a task. */
const LARGEST = 64 * 1024 * 1024

interface Inputs {
  readonly key: Key
  readonly inputs: readonly Key[]
  input(key: Key): unknown
}

/** Notices that a task has changed its inputs, which other tasks and workers share. */
export class InputGuard {
  /** `check` has found one. */
  violated = false
  readonly #run: Inputs
  readonly #before: readonly (string | undefined)[]

  constructor(run: Inputs) {
    this.#run = run
    this.#before = this.#fingerprints()
  }

  /** @throws HeddleError HEDDLE_INPUT_CHANGED, which names the input. */
  check(): void {
    const after = this.#fingerprints()
    const changed = this.#run.inputs.find((_, i) => after[i] !== this.#before[i])
    if (changed === undefined) return
    this.violated = true
    throw new HeddleError(
      'HEDDLE_INPUT_CHANGED',
      `${this.#run.key} changed its input '${changed}', which other tasks share. ` +
        'Work on a copy: xs.toSorted() instead of xs.sort(), structuredClone(x) for the rest; or have copies made: with({ mutates: true }).',
    )
  }

  #fingerprints(): (string | undefined)[] {
    return this.#run.inputs.map((key) => fingerprint(this.#run.input(key)))
  }
}

function fingerprint(value: unknown): string | undefined {
  const { head, buffers, size } = encode(value, { memory: 'share' })
  if (size > LARGEST) return undefined
  const hash = createHash('sha1').update(head)
  for (const buffer of buffers) hash.update(buffer)
  return hash.digest('hex')
}
