/** A graph of any size travels in messages each of which is read within some milliseconds. */
import type { FromClientMessage, MapSpec, TaskSpec } from '../protocol/messages.js'
import type { Key } from '../protocol/names.js'

type Graph = FromClientMessage & { op: 'update-graph' }

/** What fills a message: so much text to be read, or so many large buffers beside it. */
const BYTES_MAX = 2 ** 19
const BUFFERS_MAX = 1024

/** What a task and an item of a map take beside their texts, bytes. */
const TASK_BYTES = 200
const ITEM_BYTES = 8

/** The same graph, in one part if it fits into a message. */
export function partsOf(graph: Graph): Graph[] {
  let weight = 0
  for (const task of graph.tasks) weight += weightOfTask(task)
  for (const map of graph.maps ?? []) weight += weightOfMap(map)
  weight += weightOfText(graph.keys)
  return weight > 1 ? split(graph) : [graph]
}

function split({ tasks, maps = [], keys, ...first }: Graph): Graph[] {
  const { code: _, ...others } = first
  const parts: Graph[] = [{ ...first, tasks: [], maps: [], keys: [] }]
  let weight = 0
  const partFor = (more: number): Graph => {
    const last = parts.at(-1) as Graph
    if (weight === 0 || weight + more <= 1) {
      weight += more
      return last
    }
    last.more = true
    weight = more
    const next: Graph = { ...others, tasks: [], maps: [], keys: [] }
    parts.push(next)
    return next
  }
  for (const task of tasks) partFor(weightOfTask(task)).tasks.push(task)
  for (const map of maps) for (const piece of piecesOf(map)) partFor(weightOfMap(piece)).maps?.push(piece)
  for (const key of keys) partFor(weightOfText([key])).keys.push(key)
  return parts
}

/** The map, cut wherever a message is full. */
function piecesOf(map: MapSpec): MapSpec[] {
  const pieces: MapSpec[] = []
  const shared = weightOfText(map.shared_deps)
  let from = 0
  let weight = shared
  for (let i = 0; i < map.length; i++) {
    const more = weightOfItem(map.deps.get(i), map.buffers.get(i))
    if (i > from && weight + more > 1) {
      pieces.push(pieceOf(map, from, i))
      from = i
      weight = shared
    }
    weight += more
  }
  pieces.push(from === 0 ? map : pieceOf(map, from, map.length))
  return pieces
}

function pieceOf(map: MapSpec, from: number, to: number): MapSpec {
  const { buffer, byteOffset } = map.offsets
  const offsets = new Uint32Array(buffer, byteOffset + 4 * from, to - from + 1)
  const start = offsets[0] as number
  return {
    ...map,
    start: from,
    length: to - from,
    args: map.args.subarray(start, offsets[to - from]),
    offsets: new Uint8Array(offsets.map((at) => at - start).buffer),
    buffers: itemsOf(map.buffers, from, to),
    deps: itemsOf(map.deps, from, to),
  }
}

function itemsOf<T>(items: ReadonlyMap<number, T>, from: number, to: number): Map<number, T> {
  const found = new Map<number, T>()
  for (let i = from; i < to; i++) {
    const item = items.get(i)
    if (item !== undefined) found.set(i - from, item)
  }
  return found
}

function weightOfTask({ key, args, deps }: TaskSpec): number {
  return (TASK_BYTES + key.length) / BYTES_MAX + weightOfText(deps) + args.buffers.length / BUFFERS_MAX
}

function weightOfMap({ shared_deps, deps, buffers }: MapSpec): number {
  let weight = weightOfText(shared_deps)
  for (const own of deps.values()) weight += weightOfItem(own, undefined)
  for (const own of buffers.values()) weight += weightOfItem(undefined, own)
  return weight
}

function weightOfItem(deps: readonly Key[] | undefined, buffers: readonly Uint8Array[] | undefined): number {
  const text = deps === undefined ? 0 : ITEM_BYTES / BYTES_MAX + weightOfText(deps)
  return text + (buffers === undefined ? 0 : buffers.length / BUFFERS_MAX)
}

function weightOfText(keys: readonly Key[]): number {
  let bytes = 0
  for (const key of keys) bytes += 2 + key.length
  return bytes / BYTES_MAX
}
