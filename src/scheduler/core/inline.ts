/** Small results that the scheduler itself keeps: they survive their worker and save a round trip; a budget bounds them. */
import { Encoded } from '../../values/encoded.js'
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
  if (s.settings.role === 'center' || value.size > LARGEST) return
  dropInline(s, task)
  task.inline = isTiny(value) ? shared(s, value) : unpinned(value)
  s.inline.set(task, value.size)
  s.inlineBytes += value.size
  if (s.inlineBytes > s.settings.inlineBudget) makeRoom(s)
}

export function dropInline(s: State, task: Task): void {
  if (task.inline === undefined) return
  s.inlineBytes -= s.inline.get(task) ?? 0
  s.inline.delete(task)
  task.inline = undefined
}

/** It was used: of those that can go, it goes last. Below half the budget the order does not matter yet. */
export function touchInline(s: State, task: Task): void {
  if (s.inlineBytes < s.settings.inlineBudget / 2) return
  const size = s.inline.get(task)
  if (size === undefined) return
  s.inline.delete(task)
  s.inline.set(task, size)
}

/** Only those that some worker has too; the others are the last copy. */
function makeRoom(s: State): void {
  let looks = LOOKS
  for (const task of s.inline.keys()) {
    if (s.inlineBytes <= s.settings.inlineBudget || looks-- === 0) return
    if (task.whoHas !== undefined) dropInline(s, task)
    else touchInline(s, task)
  }
}

function isTiny(value: Encoded): boolean {
  return value.head.byteLength <= TINY && value.buffers.length === 0
}

/** Many tasks end with the same few bytes (nothing, true, a small number): one object for all of them. */
function shared(s: State, value: Encoded): Encoded {
  const text = `${value.nbytes}:${String.fromCharCode(...value.head)}`
  const known = s.tinyValues.get(text)
  if (known !== undefined) return known
  const own = unpinned(value)
  if (s.tinyValues.size < TINY_MAX) s.tinyValues.set(text, own)
  return own
}

/** A few bytes cut out of a large frame would keep all of it. */
function unpinned(value: Encoded): Encoded {
  const buffers = value.buffers.length === 0 ? NO_BUFFERS : value.buffers.map((b) => new Uint8Array(b))
  return new Encoded(new Uint8Array(value.head), buffers, value.nbytes)
}
