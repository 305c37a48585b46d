/** Small results that the scheduler itself keeps: they survive their worker and save a round trip; a budget bounds them. */
import { Encoded } from '../../values/encoded.js'
import { SharedValue } from './kept-values.js'
import type { State } from './state.js'
import type { Task } from './task.js'

const LARGEST = 1024
/** How many entries one call looks at before it gives up making room. */
const LOOKS = 64
/** Values of so few bytes are shared; so many different ones are remembered. */
const TINY = 16
const TINY_MAX = 1000
const NO_BUFFERS: readonly Uint8Array[] = []

export function keepInline(s: State, task: Task, value: Encoded): void {
  const { size } = value
  if (s.settings.role === 'center' || size > LARGEST) return
  dropInline(s, task)
  task.inline = size <= TINY && value.buffers.length === 0 ? shared(s, value) : unpinned(value)
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

/** Many tasks end with the same few bytes (nothing, true, a small number): one object for all of them. */
function shared(s: State, value: Encoded): Encoded {
  if (s.lastTiny !== undefined && isSame(s.lastTiny, value)) return s.lastTiny
  const text = `${value.nbytes}:${String.fromCharCode(...value.head)}`
  let known = s.tinyValues.get(text)
  if (known === undefined) {
    if (s.tinyValues.size === TINY_MAX) return unpinned(value)
    known = new SharedValue(new Uint8Array(value.head), NO_BUFFERS, value.nbytes)
    s.tinyValues.set(text, known)
  }
  s.lastTiny = known
  return known
}

function isSame(a: Encoded, b: Encoded): boolean {
  const { length } = a.head
  if (a.nbytes !== b.nbytes || length !== b.head.length) return false
  for (let i = 0; i < length; i++) if (a.head[i] !== b.head[i]) return false
  return true
}

/** A few bytes cut out of a large frame would keep all of it. */
function unpinned(value: Encoded): Encoded {
  const buffers = value.buffers.length === 0 ? NO_BUFFERS : value.buffers.map((b) => new Uint8Array(b))
  return new Encoded(new Uint8Array(value.head), buffers, value.nbytes)
}
