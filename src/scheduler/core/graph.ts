/**
 * Takes a submission in: checked as a whole before anything of it is registered, then registered in steps, so that a
 * huge one does not keep others waiting (traps 8).
 */
import type { FromClient, MapSpec } from '../../protocol/messages.js'
import type { FunctionRef, Key } from '../../protocol/names.js'
import { withItem } from '../../util/few.js'
import type { ClientRecord } from './client-record.js'
import { hashesOf, makeGroup } from './groups.js'
import { findTask, isFresh, isItem, isLarge, registerMap } from './maps.js'
import { orderOf } from './ordering.js'
import { cancelKeys } from './outbox.js'
import { MapRecipe, SingleRecipe } from './recipes.js'
import { conflict, type Refusal, unknownCode } from './refusal.js'
import { retryTask } from './retrying.js'
import { addTask, addWant, removeWant, type State } from './state.js'
import type { Recipe, Task, TaskGroup } from './task.js'
import { tellState } from './telling.js'
import { recommend } from './transitions/recommend.js'
import { releaseIfUnneeded } from './transitions/release.js'

type Submission = FromClient['update-graph']

/** A task as it was submitted. */
interface Draft {
  readonly key: Key
  readonly recipe: Recipe
  readonly index: number
  readonly deps: readonly Key[]
  readonly wanted: boolean
}

const NO_KEYS: readonly Key[] = []
/** What it costs to start a task, and to give it to a worker perhaps, in steps of taking in. */
const START_STEPS = 8
/** Different inputs of a group are counted up to here: more make no difference. */
const INPUTS_MAX = 5

export function* takeGraph(s: State, client: ClientRecord, message: Submission): Generator<void, void> {
  const intake = new Intake(s, client, message)
  try {
    yield* intake.take()
  } finally {
    intake.end()
  }
}

/** To be called as soon as the message is here, so that nobody else's leaving drops the code while the graph waits. */
export function noteCode(s: State, client: ClientRecord, message: Submission): void {
  for (const artefact of message.code ?? []) {
    client.code.add(artefact.hash)
    if (!s.code.has(artefact.hash)) s.code.set(artefact.hash, 0)
  }
}

class Intake {
  readonly #drafts: Draft[] = []
  /** Where in `#drafts` a key of this submission is. */
  readonly #places = new Map<Key, number>()
  readonly #groups = new Map<FunctionRef, TaskGroup>()
  readonly #groupInputs = new Map<TaskGroup, Set<Key>>()
  readonly #registered: Task[] = []
  /** In order. */
  readonly #wanted: Task[] = []
  readonly #large: { spec: MapSpec; recipe: Recipe }[] = []
  #started = false

  constructor(
    readonly s: State,
    readonly client: ClientRecord,
    readonly message: Submission,
  ) {}

  *take(): Generator<void, void> {
    const refusal = yield* this.#read()
    if (refusal !== undefined) return this.#refuse(refusal)
    const order = yield* this.#order()
    if (!Array.isArray(order)) return this.#refuse(order)
    const late = yield* this.#register(order)
    if (late !== undefined) return this.#refuse(late)
    this.#started = true
    yield* this.#start()
  }

  /** If it did not come to its end (it was refused, or the client left), nothing of it stays. */
  end(): void {
    if (this.#started) return
    for (const task of this.#registered) {
      removeWant(task, this.client)
      releaseIfUnneeded(this.s, task)
    }
  }

  get #isTired(): boolean {
    return this.#tire(1)
  }

  /** That many steps more were done in this turn: enough for now? */
  #tire(steps: number): boolean {
    this.s.budget -= steps
    return this.s.budget < 0
  }

  /** Lists all tasks, and finds what is wrong with them one by one. */
  *#read(): Generator<void, Refusal | undefined> {
    const { s, message } = this
    if (s.settings.role === 'center') return { reason: 'bad-graph', msg: 'a center runs no tasks: use a scheduler' }
    for (const { function: ref } of [...message.tasks, ...(message.maps ?? [])])
      if (!hashesOf(ref).every((hash) => s.code.has(hash))) return unknownCode(ref)
    const wanted = new Set(message.keys)
    for (const spec of message.tasks) {
      const recipe = new SingleRecipe(this.#group(spec.function), spec)
      const draft = { key: spec.key, recipe, index: 0, deps: spec.deps, wanted: wanted.has(spec.key) }
      const refusal = this.#add(draft)
      if (refusal !== undefined) return refusal
      if (this.#isTired) yield
    }
    for (const spec of message.maps ?? []) {
      const recipe = new MapRecipe(this.#group(spec.function), spec)
      if (this.#standsAlone(spec) && isLarge(s, recipe, spec.length)) {
        this.#large.push({ spec, recipe })
        continue
      }
      for (let i = 0; i < spec.length; i++) {
        const own = spec.deps.get(i) ?? NO_KEYS
        const deps = own.length === 0 ? spec.shared_deps : [...new Set([...spec.shared_deps, ...own])]
        const refusal = this.#add({ key: `${spec.prefix}-${i}`, recipe, index: i, deps, wanted: true })
        if (refusal !== undefined) return refusal
        if (this.#isTired) yield
      }
    }
    for (const key of message.keys)
      if (!this.#places.has(key) && findTask(s, key) === undefined)
        return { reason: 'unknown-key', msg: `${key} is neither in the graph nor known here` }
    return yield* this.#checkInputs()
  }

  #add(draft: Draft): Refusal | undefined {
    const place = this.#places.get(draft.key)
    const twin = place === undefined ? undefined : (this.#drafts[place] as Draft)
    if (twin !== undefined) return sameWork(draft, twin) ? undefined : conflict(draft.key, 'twice in this submission')
    const known = findTask(this.s, draft.key)
    if (known !== undefined && !isSame(draft, known)) return conflict(draft.key, `in use (${known.state})`)
    this.#places.set(draft.key, this.#drafts.length)
    this.#drafts.push(draft)
    return undefined
  }

  *#checkInputs(): Generator<void, Refusal | undefined> {
    for (const { key, deps } of this.#drafts) {
      for (const dep of deps)
        if (!this.#places.has(dep) && findTask(this.s, dep) === undefined)
          return {
            reason: 'lost-dependencies',
            msg: `${key} needs ${dep}, which nobody here knows: it was released, or is a result of another scheduler`,
          }
      if (this.#isTired) yield
    }
    return undefined
  }

  /** Places of the drafts in the order in which they should run. */
  *#order(): Generator<void, number[] | Refusal> {
    const links: (readonly number[])[] = []
    for (const { deps } of this.#drafts) {
      links.push(deps.map((dep) => this.#places.get(dep)).filter((place) => place !== undefined))
      if (this.#isTired) yield
    }
    const found = yield* orderOf(links, () => this.#isTired)
    if (found.cycle === undefined) return found.order
    const names = found.cycle.map((place) => this.#drafts[place]?.key).join(' → ')
    return { reason: 'bad-graph', msg: `these tasks need each other: ${names}` }
  }

  /** Others may have registered or forgotten something since the check. */
  *#register(order: readonly number[]): Generator<void, Refusal | undefined> {
    for (let i = 0; i < order.length; i++) {
      const draft = this.#drafts[order[i] as number] as Draft
      const known = findTask(this.s, draft.key)
      if (known !== undefined && !isSame(draft, known)) return conflict(draft.key, `in use (${known.state})`)
      const task = known ?? this.#make(draft, i)
      if (task === undefined)
        return { reason: 'lost-dependencies', msg: `an input of ${draft.key} was released or lost meanwhile` }
      if (known === undefined) this.#registered.push(task)
      if (draft.wanted) this.#want(task)
      if (this.#isTired) yield
    }
    for (const key of this.message.keys) {
      const task = this.#places.has(key) ? undefined : findTask(this.s, key)
      if (task !== undefined) this.#want(task)
    }
    return this.#registerLarge()
  }

  /** Last, and all at once: nothing can go wrong after it. */
  #registerLarge(): Refusal | undefined {
    const taken = this.#large.find(({ spec }) => !isFresh(this.s, spec.prefix, spec.length))
    if (taken !== undefined) return conflict(`${taken.spec.prefix}-…`, 'in use')
    for (const { spec, recipe } of this.#large) registerMap(this.s, spec.prefix, recipe, spec.length, this.client)
    return undefined
  }

  /** Its items need nothing, nothing else here needs them, and no known key looks like theirs. */
  #standsAlone({ prefix, length, deps, shared_deps }: MapSpec): boolean {
    if (deps.size > 0 || shared_deps.length > 0 || !isFresh(this.s, prefix, length)) return false
    const { tasks, maps = [], keys } = this.message
    const named = (list: readonly Key[]) => list.some((key) => isItem(prefix, key))
    if (tasks.length > 0 && (named(keys) || tasks.some((spec) => isItem(prefix, spec.key) || named(spec.deps))))
      return false
    const others = maps.filter((other) => other.prefix !== prefix)
    return others.length === maps.length - 1 && !others.some((other) => refersTo(other, named))
  }

  #want(task: Task): void {
    addWant(task, this.client)
    this.#wanted.push(task)
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
  *#start(): Generator<void, void> {
    let turn: Task[] = []
    for (const task of this.#wanted) {
      turn.push(task)
      if (!this.#tire(START_STEPS)) continue
      for (const one of turn.reverse()) this.#startOne(one)
      turn = []
      yield
    }
    for (const one of turn.reverse()) this.#startOne(one)
    for (const task of this.#registered) releaseIfUnneeded(this.s, task)
  }

  #startOne(task: Task): void {
    const { s, client } = this
    if (task.state === 'released') recommend(s, task, 'waiting')
    else if (task.state === 'erred' && (this.message.options?.retries ?? 0) > 0) retryTask(s, task)
    else tellState(s, task, client)
  }

  #refuse({ reason, msg }: Refusal): void {
    const keys = [...this.message.keys]
    for (const { prefix, length } of this.message.maps ?? [])
      for (let i = 0; i < length; i++) keys.push(`${prefix}-${i}`)
    for (const key of keys) {
      const task = findTask(this.s, key)
      if (task === undefined) continue
      removeWant(task, this.client)
      releaseIfUnneeded(this.s, task)
    }
    cancelKeys(this.s, this.client, keys, reason, msg)
  }

  #group(ref: FunctionRef): TaskGroup {
    let group = this.#groups.get(ref)
    if (group === undefined) {
      group = makeGroup(this.s, this.client, ref, this.message.options ?? {})
      this.#groups.set(ref, group)
    }
    return group
  }
}

function refersTo(map: MapSpec, named: (keys: readonly Key[]) => boolean): boolean {
  return named(map.shared_deps) || [...map.deps.values()].some(named)
}

function isSame(draft: Draft, task: Task): boolean {
  return task.recipe !== undefined && task.recipe.identity(task.index) === draft.recipe.identity(draft.index)
}

function sameWork(a: Draft, b: Draft): boolean {
  return a.recipe.identity(a.index) === b.recipe.identity(b.index)
}
