/**
 * Takes a submission in: checked as a whole before anything of it is registered, then registered in steps, so that a
 * huge one does not keep others waiting (traps 8).
 */
import type { Key } from '../../protocol/names.js'
import { withItem } from '../../util/few.js'
import { hasParts, partsOf } from './apart.js'
import type { ClientRecord } from './client-record.js'
import { type Draft, Drafts } from './drafts.js'
import { isTired, type Job, START_STEPS } from './jobs.js'
import type { MapItems } from './map-items.js'
import { findTask, openItems, registerMap } from './maps.js'
import { cancelKeys } from './outbox.js'
import { conflict, type Refusal } from './refusal.js'
import { retryTask } from './retrying.js'
import { addTask, addWant, removeWant, type State } from './state.js'
import type { Submission } from './submission.js'
import { isUnneeded, type Task, type TaskGroup } from './task.js'
import { tellState } from './telling.js'
import { recommend } from './transitions/recommend.js'
import { releaseIfUnneeded } from './transitions/release.js'

/** Different inputs of a group are counted up to here: more make no difference. */
const INPUTS_MAX = 5

export function* takeGraph(s: State, client: ClientRecord, message: Submission): Job {
  if (yield* takeWhole(s, client, message, hasParts(message))) return
  for (const part of yield* partsOf(s, message)) yield* takeWhole(s, client, part, false)
}

/** False: something is wrong, and that was not said, since its parts are to be tried. */
function* takeWhole(s: State, client: ClientRecord, message: Submission, divides: boolean): Generator<void, boolean> {
  const intake = new Intake(s, client, message)
  try {
    return yield* intake.take(divides)
  } finally {
    yield* intake.end()
  }
}

/** To be called as soon as the message is here, so that nobody else's leaving drops the code while the graph waits. */
export function noteCode(s: State, client: ClientRecord, message: Submission): void {
  for (const artefact of message.code ?? []) {
    client.code.set(artefact.hash, 1 + (client.code.get(artefact.hash) ?? 0))
    if (!s.code.has(artefact.hash)) s.code.set(artefact.hash, 0)
  }
}

class Intake {
  readonly #drafts: Drafts
  readonly #groupInputs = new Map<TaskGroup, Set<Key>>()
  readonly #registered: Task[] = []
  /** Nobody needed them any more when the graph came, and parts of it need them. */
  readonly #pinned: Task[] = []
  /** In order. */
  readonly #wanted: Task[] = []
  #items: readonly MapItems[] = []
  #isTaken = false

  constructor(
    readonly s: State,
    readonly client: ClientRecord,
    readonly message: Submission,
  ) {
    this.#drafts = new Drafts(s, client, message)
  }

  /** False: it was not taken, and that was not said, since its parts are to be tried. */
  *take(divides: boolean): Generator<void, boolean> {
    const refusal = yield* this.#registerAll()
    if (refusal === undefined) {
      yield* this.#start()
      this.#isTaken = true
    } else if (divides) return false
    else yield* this.#refuse(refusal)
    return true
  }

  *#registerAll(): Generator<void, Refusal | undefined> {
    const refusal = yield* this.#drafts.read()
    if (refusal !== undefined) return refusal
    const order = yield* this.#drafts.order()
    if (!Array.isArray(order)) return order
    return (yield* this.#register(order)) ?? this.#registerLarge()
  }

  /** If it did not come to its end (it was refused, or the client left), nothing of it stays. */
  *end(): Job {
    if (!this.#isTaken) yield* this.#unwant(this.#registered)
    yield* this.#unwant(this.#pinned)
    for (const items of this.#items) this.s.tasks.dropIfOver(items)
  }

  *#unwant(tasks: readonly Task[]): Job {
    for (const task of tasks) {
      removeWant(task, this.client)
      releaseIfUnneeded(this.s, task)
      if (isTired(this.s)) yield
    }
  }

  /** Others may have registered or forgotten something since the check. */
  *#register(order: readonly number[]): Generator<void, Refusal | undefined> {
    this.#items = openItems(this.s, this.#drafts.small)
    for (let i = 0; i < order.length; i++) {
      const draft = this.#drafts.list[order[i] as number] as Draft
      const refusal = yield* this.#drafts.whyNot(draft)
      if (refusal !== undefined) return refusal
      const known = findTask(this.s, draft.key)
      const task = known ?? this.#make(draft, i)
      if (task === undefined)
        return { reason: 'lost-dependencies', msg: `an input of ${draft.key} was released or lost meanwhile` }
      if (known === undefined) this.#registered.push(task)
      if (draft.wanted) this.#want(task)
      else if (known !== undefined && isUnneeded(known)) this.#pin(known)
      if (isTired(this.s)) yield
    }
    for (const key of this.message.keys) {
      const task = this.#drafts.has(key) ? undefined : findTask(this.s, key)
      if (task !== undefined) this.#want(task)
      if (isTired(this.s)) yield
    }
    return undefined
  }

  /** Last: nothing can go wrong after it. */
  #registerLarge(): Refusal | undefined {
    const { large } = this.#drafts
    if (large.length === 0) return undefined
    const specs = large.map(({ spec }) => spec)
    const taken = specs.find(({ prefix }) => this.s.tasks.isTaken(prefix))
    if (taken !== undefined) return conflict(`${taken.prefix}-…`, 'in use')
    for (const { spec, recipe } of large) registerMap(this.s, spec.prefix, recipe, spec.length, this.client)
    return undefined
  }

  #want(task: Task): void {
    addWant(task, this.client)
    this.#wanted.push(task)
  }

  /** It must not be forgotten before what needs it is registered. */
  #pin(task: Task): void {
    addWant(task, this.client)
    this.#pinned.push(task)
  }

  #make(draft: Draft, order: number): Task | undefined {
    const inputs: Task[] = []
    for (const dep of draft.deps) {
      const input = findTask(this.s, dep)
      if (input === undefined) return undefined
      inputs.push(input)
    }
    const { group } = draft.recipe
    group.size++
    const task = addTask(this.s, draft.key, draft.recipe, draft.index, order)
    if (inputs.length === 0) return task
    task.dependencies = inputs
    for (const input of inputs) input.dependents = withItem(input.dependents, task)
    this.#countInputs(group, draft.deps)
    return task
  }

  #countInputs(group: TaskGroup, deps: readonly Key[]): void {
    if (group.inputs >= INPUTS_MAX) return
    const seen = this.#groupInputs.get(group) ?? new Set()
    this.#groupInputs.set(group, seen)
    for (const dep of deps) if (seen.size < INPUTS_MAX) seen.add(dep)
    group.inputs = seen.size
  }

  /** The first in order is recommended last of its turn, so it goes first. */
  *#start(): Job {
    let turn: Task[] = []
    for (const task of this.#wanted) {
      turn.push(task)
      if (!isTired(this.s, START_STEPS)) continue
      for (const one of turn.reverse()) this.#startOne(one)
      turn = []
      yield
    }
    for (const one of turn.reverse()) this.#startOne(one)
    for (const task of this.#registered) {
      releaseIfUnneeded(this.s, task)
      if (isTired(this.s)) yield
    }
  }

  #startOne(task: Task): void {
    const { s, client } = this
    if (task.state === 'released') recommend(s, task, 'waiting')
    else if (task.state === 'erred' && (this.message.options?.retries ?? 0) > 0) retryTask(s, task)
    else tellState(s, task, client)
  }

  *#refuse({ reason, msg }: Refusal): Job {
    let keys: Key[] = []
    for (const key of this.#keys()) {
      keys.push(key)
      const task = this.s.tasks.get(key)
      if (task !== undefined) {
        removeWant(task, this.client)
        releaseIfUnneeded(this.s, task)
      }
      if (!isTired(this.s)) continue
      cancelKeys(this.s, this.client, keys, reason, msg)
      keys = []
      yield
    }
    cancelKeys(this.s, this.client, keys, reason, msg)
  }

  /** Of all futures that the client has made for it. */
  *#keys(): Generator<Key> {
    yield* this.message.keys
    for (const { prefix, start = 0, length } of this.message.maps ?? [])
      for (let i = 0; i < length; i++) yield `${prefix}-${start + i}`
  }
}
