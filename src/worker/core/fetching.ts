/** The data plane: which peer is asked for which keys, when (semantics.md §4.7). */
import type { WorkerState } from './state.js'
import { comparePriority, type FetchEntry, type Gather, type Peer, type Task } from './task.js'

/** While less than this is in flight, the number of requests is not limited. */
const THROTTLE_FROM_BYTES = 10e6
/** Assumed for a value of unknown size. */
const UNKNOWN_NBYTES = 1024
/** How long a peer that said busy is left alone. */
export const BUSY_MS = 150

/** Starts as many requests as the limits allow, the most urgent keys first. */
export function startGathers(state: WorkerState): void {
  while (state.hungry.size > 0 && !state.paused && !isThrottled(state)) {
    const peer = bestPeer(state)
    if (peer === undefined || !hasRoom(state, peer)) return
    startGather(state, peer)
  }
}

/** The answer has come; whose keys it was decides what each was good for. */
export function endGather(state: WorkerState, gather: Gather): void {
  state.gathers.delete(gather.id)
  state.incomingBytes -= gather.nbytes
  gather.peer.gather = undefined
  for (const task of gather.tasks) task.gather = undefined
}

/** It is left alone for a while; others that hold the same are asked. */
export function markBusy(state: WorkerState, peer: Peer): void {
  peer.busyUntil = state.now + BUSY_MS
  state.out.push({ do: 'wake-at', time: peer.busyUntil })
}

function isThrottled(state: WorkerState): boolean {
  const many = state.gathers.size >= state.incomingMax && state.incomingBytes >= THROTTLE_FROM_BYTES
  return many || (state.incomingBytes > 0 && state.incomingBytes >= state.incomingBytesMax)
}

/** Its most urgent key may come beside what is on its way; alone, any may. Smaller ones do not pass it. */
function hasRoom(state: WorkerState, peer: Peer): boolean {
  const entry = nextEntry(state, peer)
  return (
    entry === undefined || state.incomingBytes === 0 || state.incomingBytes + sizeOf(entry) <= state.incomingBytesMax
  )
}

function sizeOf({ task }: FetchEntry): number {
  return task.nbytes < 0 ? UNKNOWN_NBYTES : task.nbytes
}

/** Holder of the most urgent key; then on this host, then with most keys, then by chance. */
function bestPeer(state: WorkerState): Peer | undefined {
  let best: Peer | undefined
  let ties = 1
  for (const peer of state.hungry) {
    const entry = nextEntry(state, peer)
    if (entry === undefined || peer.gather !== undefined || peer.busyUntil > state.now) continue
    const order = best === undefined ? -1 : comparePeers(peer, entry, best)
    ties = order === 0 ? ties + 1 : order < 0 ? 1 : ties
    if (order < 0 || (order === 0 && state.options.random() * ties < 1)) best = peer
  }
  return best
}

function comparePeers(peer: Peer, entry: FetchEntry, best: Peer): number {
  return (
    comparePriority(entry.priority, best.needed.peek()!.priority) ||
    Number(best.sameHost) - Number(peer.sameHost) ||
    best.needed.size - peer.needed.size
  )
}

/** The most urgent valid entry; a peer without any leaves the hungry ones. */
function nextEntry(state: WorkerState, peer: Peer): FetchEntry | undefined {
  for (;;) {
    const entry = peer.needed.peek()
    if (entry === undefined) {
      state.hungry.delete(peer)
      return undefined
    }
    if (entry.task.fetchEntry === entry && entry.task.whoHas?.has(peer)) return entry
    peer.needed.pop()
  }
}

function startGather(state: WorkerState, peer: Peer): void {
  const tasks: Task[] = []
  const budget = Math.min(state.gatherBytesMax, state.incomingBytesMax - state.incomingBytes)
  let nbytes = 0
  for (let entry = nextEntry(state, peer); entry !== undefined; entry = nextEntry(state, peer)) {
    const size = sizeOf(entry)
    if (tasks.length > 0 && nbytes + size > budget) break
    nbytes += size
    tasks.push(entry.task)
    peer.needed.pop()
    state.move(entry.task, 'flight')
  }
  const gather = { id: state.nextId(), peer, tasks, nbytes }
  for (const task of tasks) task.gather = gather
  peer.gather = gather
  state.gathers.set(gather.id, gather)
  state.incomingBytes += nbytes
  const keys = tasks.map((task) => task.key)
  state.out.push({ do: 'gather', id: gather.id, peer: peer.address, keys, nbytes })
}
