import type { FunctionRef, Key } from '../../../protocol/names.js'
import { Encoded } from '../../../values/encoded.js'
import { asideCell, type CellRef, type Cells } from '../cells.js'
import type { ReceivedJob } from '../inbox.js'
import type { PostedRest } from '../thread-messages.js'
import { type LiveValues, toEncoded } from './live-values.js'
import type { AbortLine } from './running-task.js'
import type { Run } from './task-runner.js'

const NO_BUFFERS: readonly never[] = []

/** What the runs of a thread share. */
interface Place {
  readonly cells: Cells
  readonly values: LiveValues
}

/** A job in its thread. */
export class ThreadRun implements Run, CellRef, AbortLine {
  readonly id: number
  /** When it has left that: `asideCell`. */
  cell: number
  readonly sequence: number
  readonly runId: number
  readonly attempt: number
  readonly mutates: boolean
  readonly key: Key
  readonly function: FunctionRef
  readonly args: Encoded
  /** Keys and numbers. */
  readonly #inputs: readonly (Key | number)[]
  readonly #place: Place

  constructor(job: ReceivedJob, posted: PostedRest | undefined, place: Place) {
    this.id = job.id
    this.cell = job.cell
    this.sequence = job.sequence
    this.runId = job.runId
    this.attempt = job.attempt
    this.mutates = job.mutates
    const rest = job.rest ?? (posted as PostedRest)
    this.key = rest.key
    this.function = rest.function
    this.args = 'head' in rest ? new Encoded(rest.head, NO_BUFFERS, rest.head.byteLength) : toEncoded(rest.args)
    this.#inputs = rest.inputs
    this.#place = place
  }

  get inputs(): readonly Key[] {
    return this.#inputs.filter((one) => typeof one === 'string')
  }

  input(key: Key): unknown {
    const number = this.#numberOf(key)
    return this.mutates ? this.#place.values.getOwn(number) : this.#place.values.get(number)
  }

  rawInput(key: Key): ReturnType<Run['rawInput']> {
    return this.#place.values.raw(this.#numberOf(key))
  }

  get line(): AbortLine {
    return this
  }

  isAsked(): boolean {
    return this.#place.cells.isAbortAsked(this)
  }

  noteTaken(): void {
    this.#place.cells.takeSignal(this)
  }

  /** Its cell goes to another: gives the number of that. */
  leaveCell(): number {
    const { cell } = this
    this.cell = asideCell(this.id)
    return cell
  }

  #numberOf(key: Key): number {
    return this.#inputs[this.#inputs.indexOf(key) + 1] as number
  }
}
