import { LARGE_BUFFER } from './format.js'
import type { HeadWriter } from './head-writer.js'
import { ARRAY_BUFFER, BUFFER, bytesOf, itemSizeOf } from './view-kinds.js'

/**
 * Where large buffers go: memory of this size (its contents do not matter), or `source` itself, if that may be shared.
 * @experimental
 */
export type TakeMemory = (nbytes: number, source: Uint8Array) => Uint8Array

interface View {
  readonly kind: number
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
  /** It shows no more than its own bytes. */
  readonly apart: boolean
  group: Group | undefined
}

/** Views that share memory after decoding: one buffer beside the head, or one run of bytes in it. */
class Group {
  readonly members: View[] = []
  end: number
  constructor(readonly start: number) {
    this.end = start
  }

  add(view: View): void {
    this.members.push(view)
    this.end = Math.max(this.end, view.end)
    view.group = this
  }

  get nbytes(): number {
    return this.end - this.start
  }

  /** Is an ArrayBuffer among them? Then the memory must be one, too. */
  get whole(): boolean {
    return this.members.some((view) => view.kind === ARRAY_BUFFER)
  }

  /** Bytes to put in front, so that every member is aligned to its own elements. */
  get lead(): number {
    const aligned = this.members.every((view) => (view.start - this.start) % itemSizeOf(view.kind) === 0)
    return aligned ? 0 : this.start % 8
  }
}

/**
 * The views of one value. Views that overlap share their memory after decoding, others of one ArrayBuffer do if they
 * show half of it together (a small view never drags a large buffer along). Views are numbered as they are met; the
 * table behind the body says where each lies.
 */
export class ViewWriter {
  readonly #views: View[] = []

  /** Bytes of all buffers. Known when the table was written. */
  nbytes = 0

  get size(): number {
    return this.#views.length
  }

  add(kind: number, value: ArrayBuffer | ArrayBufferView, apart: boolean): void {
    const bytes = bytesOf(value)
    const start = bytes.byteOffset
    this.#views.push({
      kind,
      bytes,
      start,
      end: start + bytes.byteLength,
      apart: apart || kind === BUFFER,
      group: undefined,
    })
  }

  /** Forgets all but the first. */
  shrink(size: number): void {
    this.#views.length = size
  }

  /** Writes the table. Gives the large buffers. */
  write(head: HeadWriter, takeMemory: TakeMemory): Uint8Array[] {
    const groups = groupsOf(this.#views)
    const buffers: Uint8Array[] = []
    head.varint(groups.length)
    for (const group of groups) {
      this.nbytes += group.nbytes
      writeGroup(group, head, buffers, takeMemory)
    }
    const numbers = new Map(groups.map((group, i) => [group, i]))
    for (const view of this.#views) {
      const group = view.group as Group
      head.varint(numbers.get(group) as number)
      head.varint(view.start - group.start + group.lead)
      head.varint(view.bytes.byteLength)
    }
    return buffers
  }
}

function writeGroup(group: Group, head: HeadWriter, buffers: Uint8Array[], takeMemory: TakeMemory): void {
  const nbytes = group.lead + group.nbytes
  const large = nbytes >= LARGE_BUFFER
  head.varint(4 * nbytes + (large ? 2 : 0) + (group.whole ? 1 : 0))
  const { buffer } = (group.members[0] as View).bytes
  const source = new Uint8Array(buffer, group.start, group.nbytes)
  if (large) buffers.push(placed(source, group.lead, takeMemory))
  else {
    head.raw(new Uint8Array(group.lead))
    head.raw(source)
  }
}

function placed(source: Uint8Array, lead: number, takeMemory: TakeMemory): Uint8Array {
  const memory = takeMemory(lead + source.byteLength, lead === 0 ? source : new Uint8Array(0))
  if (memory.buffer === source.buffer && memory.byteOffset === source.byteOffset) return memory
  memory.fill(0, 0, lead)
  memory.set(source, lead)
  return memory
}

/** In the order of their first view. */
function groupsOf(views: readonly View[]): Group[] {
  if (views.length === 1) join(views)
  else for (const ofBuffer of byBuffer(views)) groupBuffer(ofBuffer)
  return [...new Set(views.map((view) => view.group as Group))]
}

function byBuffer(views: readonly View[]): Iterable<View[]> {
  const found = new Map<ArrayBufferLike, View[]>()
  for (const view of views) {
    const { buffer } = view.bytes
    const others = found.get(buffer)
    if (others === undefined) found.set(buffer, [view])
    else others.push(view)
  }
  return found.values()
}

function groupBuffer(views: View[]): void {
  const sorted = views.toSorted((a, b) => a.start - b.start || b.end - a.end)
  let group: Group | undefined
  let shown = 0
  for (const view of sorted) {
    if (group === undefined || view.start >= group.end) {
      shown += group?.nbytes ?? 0
      group = new Group(view.start)
    }
    group.add(view)
  }
  shown += group?.nbytes ?? 0
  if (mayShowGaps(views) && 2 * shown >= (views[0] as View).bytes.buffer.byteLength) join(sorted)
}

/** Small Buffers lie beside each other by accident: what is between them is somebody else's. */
function mayShowGaps(views: readonly View[]): boolean {
  const { buffer } = (views[0] as View).bytes
  return buffer.byteLength !== Buffer.poolSize && views.every((view) => !view.apart)
}

function join(sorted: readonly View[]): void {
  const group = new Group((sorted[0] as View).start)
  for (const view of sorted) group.add(view)
}
