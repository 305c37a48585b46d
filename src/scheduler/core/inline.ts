/** Small results that the scheduler itself keeps: they survive their worker and save a round trip; a budget bounds them. */
import { Encoded } from '../../values/encoded.js'
import { SharedValue } from '../../values/tiny-values.js'
import type { State } from './state.js'
import type { Task } from './task.js'

const LARGEST = 1024
/** How many entries one call looks at before it gives up making room. */
const LOOKS = 64
const NO_BUFFERS: readonly Uint8Array[] = []

export function keepInline(s: State, task: Task, value: Encoded): void {
  const { size } = value
  if (s.settings.role === 'center' || size > LARGEST) return
  dropInline(s, task)
  task.inline = s.tinyValues.shared(value) ?? unpinned(value)
  if (task.inline instanceof SharedValue) return
  s.inline.add(task, size)
  if (s.inline.bytes > s.settings.inlineBudget) makeRoom(s)
}

export function dropInline(s: State, task: Task): void {
  const { inline } = task
  if (inline === undefined) return
  task.inline = undefined
  if (!(inline instanceof SharedValue)) s.inline.drop(inline.size)
}

/** Only those that some worker has too; the others are the last copy. */
function makeRoom(s: State): void {
  for (let looks = 0; looks < LOOKS && s.inline.bytes > s.settings.inlineBudget; looks++) {
    const task = s.inline.next()
    if (task?.whoHas !== undefined) dropInline(s, task)
  }
}

/** A few bytes cut out of a large frame would keep all of it. */
function unpinned(value: Encoded): Encoded {
  const buffers = value.buffers.length === 0 ? NO_BUFFERS : value.buffers.map((b) => new Uint8Array(b))
  return new Encoded(new Uint8Array(value.head), buffers, value.nbytes)
}
