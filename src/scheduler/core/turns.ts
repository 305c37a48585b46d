/** One event after the other. One that is too much for a turn goes on in the next, and those that come meanwhile wait. */
import { sendAhead } from './ahead.js'
import { acknowledge, onClientMessage, onContinue } from './client-messages.js'
import { onClientJoined, onClientLeft } from './clients.js'
import { onRelayed } from './cut-off.js'
import { onKeysAdded, onKeysDeleted } from './direct-data.js'
import { onTick, planLooks } from './due.js'
import type { Event } from './events.js'
import { useFull } from './full-workers.js'
import { assertTouchedValid } from './invariants.js'
import { comeBack } from './jobs.js'
import { loseWorker } from './losses.js'
import { fillSlots } from './queueing.js'
import { onRebalance, onReplicate } from './replicas.js'
import { onRestart } from './restarting.js'
import { goOnRetiring, onRetire } from './retiring.js'
import type { State } from './state.js'
import { LOOK_STEPS, settle } from './transitions/engine.js'
import { onWorkerMessage } from './worker-messages.js'
import { onHeartbeat, onWorkerJoined } from './workers.js'

type Handlers = { [E in Event as E['type']]: (s: State, event: E) => void }

const HANDLERS: Handlers = {
  'worker-joined': onWorkerJoined,
  'worker-turned-away': (s, { reason }) => {
    s.versionRefusal = reason
  },
  'worker-left': (s, { worker: address, expected, reason, outgrewMemory }) => {
    const worker = s.workers.get(address)
    if (worker !== undefined) loseWorker(s, worker, expected, { reason, outgrewMemory })
  },
  'worker-message': onWorkerMessage,
  'worker-heartbeat': onHeartbeat,
  'client-joined': onClientJoined,
  'client-left': onClientLeft,
  'client-message': onClientMessage,
  'keys-added': onKeysAdded,
  'keys-deleted': onKeysDeleted,
  relayed: onRelayed,
  replicate: onReplicate,
  rebalance: onRebalance,
  'retire-workers': onRetire,
  restart: onRestart,
  tick: onTick,
  continue: onContinue,
}

export class Turns {
  readonly #s: State
  /** What is being dealt with. */
  #open: Event | undefined
  /** What happened meanwhile. */
  #late: Event[] = []

  constructor(s: State) {
    this.#s = s
  }

  /** The last event is not over. */
  get isBusy(): boolean {
    return this.#open !== undefined || this.#late.length > 0
  }

  /** What was dealt with last, or is being dealt with. */
  current: Event | undefined

  take(event: Event, now: number): void {
    const s = this.#s
    s.budget = s.settings.turnSteps
    s.patience = s.settings.turnSteps + LOOK_STEPS
    try {
      if (event.type === 'continue') this.#goOn(now)
      else if (this.isBusy) this.#late.push(event)
      else this.#begin(event, now)
    } catch (error) {
      this.#open = undefined
      throw error
    } finally {
      if (this.isBusy || s.later.length > 0 || s.leaving.size > 0) comeBack(s)
    }
  }

  #goOn(now: number): void {
    const s = this.#s
    s.continuing = false
    if (this.#open !== undefined) {
      // Under a number of its own: what was said in the last turn has left.
      s.cause.stimulus++
      s.cause.time = now
      this.#finish()
    }
    let next = 0
    while (this.#open === undefined && s.patience > 0 && next < this.#late.length)
      this.#begin(this.#late[next++] as Event, now)
    this.#late.splice(0, next)
    if (!this.isBusy && s.patience > 0) this.#begin({ type: 'continue' }, now)
    else comeBack(s)
  }

  #begin(event: Event, now: number): void {
    const s = this.#s
    this.#open = this.current = event
    const { cause } = s
    cause.what = nameOf(event)
    cause.who = originOf(event)
    cause.stimulus++
    cause.time = now
    s.laterBefore = s.later.length
    const handler = HANDLERS[event.type] as (s: State, event: Event) => void
    handler(s, event)
    if (event.type === 'continue') s.laterBefore = 0
    this.#finish()
  }

  #finish(): void {
    const s = this.#s
    if (!settle(s)) return
    fillSlots(s)
    if (s.full.size > 0) useFull(s)
    sendAhead(s)
    if (!settle(s)) return
    if (s.retiring.size > 0) goOnRetiring(s)
    acknowledge(s)
    planLooks(s)
    if (s.settings.validate) assertTouchedValid(s)
    this.#open = undefined
  }
}

function nameOf(event: Event): string {
  return event.type === 'worker-message' || event.type === 'client-message' ? event.message.op : event.type
}

function originOf(event: Event): string {
  if (event.type === 'worker-joined') return event.worker.address
  if ('worker' in event) return event.worker
  return 'client' in event ? (event.client ?? '') : ''
}
