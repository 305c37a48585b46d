/** Who is said to hold what: hints that may be stale, kept only for keys that are not here. */
import type { Address } from '../../protocol/names.js'
import { Heap } from '../../util/heap.js'
import { forgetIdlePeer, hostOf, type WorkerState } from './state.js'
import { comparePriority, compareTurn, dependentsOf, type FetchEntry, type Peer, type Task } from './task.js'

/** Replicas that the scheduler asks for come after ordinary work (semantics.md §4.5). */
const ACQUIRE_PRIORITY: readonly number[] = [1]
/** Direct calls come before graph tasks without a priority of their own. */
export const DIRECT_PRIORITY: readonly number[] = [0]

/** Puts these holders in the place of the ones known before. */
export function setHolders(state: WorkerState, task: Task, addresses: readonly Address[]): void {
  if (task.stored) return
  const peers = new Set<Peer>()
  for (const address of addresses) if (address !== state.options.address) peers.add(peerAt(state, address))
  for (const peer of peers) peer.holds.add(task)
  for (const peer of task.whoHas ?? []) if (!peers.has(peer)) leavePeer(state, task, peer)
  task.whoHas = peers.size > 0 ? peers : undefined
  followHolders(state, task)
}

/** Takes one holder away, and seeks the task elsewhere if it was to be fetched from there. */
export function dropHolder(state: WorkerState, task: Task, peer: Peer): void {
  leavePeer(state, task, peer)
  if (task.whoHas?.delete(peer) && task.whoHas.size === 0) task.whoHas = undefined
  followHolders(state, task)
}

/** The peer cannot be reached: nothing is sought there any more. */
export function forgetPeer(state: WorkerState, peer: Peer): void {
  for (const task of [...peer.holds]) dropHolder(state, task, peer)
  forgetIdlePeer(state, peer)
}

/** Makes the task known to its holders as one to be fetched. */
export function enqueueFetch(state: WorkerState, task: Task, priority: readonly number[] = fetchPriority(task)): void {
  const entry = { task, priority, arrival: state.nextId() }
  task.fetchEntry = entry
  for (const peer of task.whoHas ?? []) {
    peer.needed.push(entry)
    state.hungry.add(peer)
    if (peer.needed.size > 2 * peer.holds.size + 64) peer.needed.retain((e) => e.task.fetchEntry === e)
  }
}

/** Somebody else wants it too: earlier, perhaps. */
export function hastenFetch(state: WorkerState, task: Task, priority: readonly number[]): void {
  const known = task.fetchEntry?.priority
  if (known === undefined || comparePriority(priority, known) < 0) enqueueFetch(state, task, priority)
}

/** The priority of the most urgent who wants it. */
function fetchPriority(task: Task): readonly number[] {
  const direct = task.gatherers !== undefined && task.gatherers.size > 0
  let best = direct ? DIRECT_PRIORITY : undefined
  for (const { work } of dependentsOf(task))
    if (work !== undefined && (best === undefined || comparePriority(work.priority, best) < 0)) best = work.priority
  return best ?? ACQUIRE_PRIORITY
}

/** New holders, or none any more: a task that is sought changes its place. */
function followHolders(state: WorkerState, task: Task): void {
  const found = task.whoHas !== undefined
  if (task.state === 'fetch') {
    if (found) enqueueFetch(state, task)
    else state.move(task, 'missing')
  } else if (task.state === 'missing' && found) state.move(task, 'fetch')
}

function leavePeer(state: WorkerState, task: Task, peer: Peer): void {
  peer.holds.delete(task)
  forgetIdlePeer(state, peer)
}

function peerAt(state: WorkerState, address: Address): Peer {
  let peer = state.peers.get(address)
  if (peer === undefined) {
    peer = newPeer(address, hostOf(address) === state.host)
    state.peers.set(address, peer)
  }
  return peer
}

function newPeer(address: Address, sameHost: boolean): Peer {
  return {
    address,
    sameHost,
    holds: new Set(),
    needed: new Heap<FetchEntry>(compareTurn),
    gather: undefined,
    busyUntil: Number.NEGATIVE_INFINITY,
  }
}
