/** A submission task by task, before anything of it is registered: what is wrong with it is found here. */
import type { MapSpec } from '../../protocol/messages.js'
import type { FunctionRef, Key } from '../../protocol/names.js'
import { BigMap } from '../../util/big-map.js'
import type { ClientRecord } from './client-record.js'
import { hashesOf, makeGroup } from './groups.js'
import { isTired } from './jobs.js'
import { findTask, isItem, isLarge } from './maps.js'
import { orderOf } from './ordering.js'
import { MapRecipe, SingleRecipe } from './recipes.js'
import { conflict, type Refusal, unknownCode } from './refusal.js'
import type { State } from './state.js'
import type { Submission } from './submission.js'
import type { Recipe, Task, TaskGroup } from './task.js'

/** A task as it was submitted. */
export interface Draft {
  readonly key: Key
  readonly recipe: Recipe
  readonly index: number
  readonly deps: readonly Key[]
  readonly wanted: boolean
}

const NO_KEYS: readonly Key[] = []

export class Drafts {
  readonly list: Draft[] = []
  /** Maps that need no drafts. */
  readonly large: { spec: MapSpec; recipe: Recipe }[] = []
  /** The others. */
  readonly small: MapSpec[] = []
  /** Where in `list` a key of this submission is. */
  readonly #places = new BigMap<number>()
  readonly #groups = new Map<FunctionRef, TaskGroup>()

  constructor(
    readonly s: State,
    readonly client: ClientRecord,
    readonly message: Submission,
  ) {}

  has(key: Key): boolean {
    return this.#places.has(key)
  }

  /** Lists all tasks, and finds what is wrong with them one by one. */
  *read(): Generator<void, Refusal | undefined> {
    if (this.s.settings.role === 'center')
      return { reason: 'bad-graph', msg: 'a center runs no tasks: use a scheduler' }
    const refusal = (yield* this.#readTasks()) ?? (yield* this.#readMaps())
    return refusal ?? (yield* this.#checkKeys()) ?? (yield* this.#checkInputs())
  }

  /** Places in `list`, in the order in which they should run. */
  *order(): Generator<void, number[] | Refusal> {
    const links: (readonly number[])[] = []
    for (const { deps } of this.list) {
      links.push(deps.map((dep) => this.#places.get(dep)).filter((place) => place !== undefined))
      if (isTired(this.s)) yield
    }
    const found = yield* orderOf(links, () => isTired(this.s))
    if (found.cycle === undefined) return found.order
    const names = found.cycle.map((place) => this.list[place]?.key).join(' → ')
    return { reason: 'bad-graph', msg: `these tasks need each other: ${names}` }
  }

  /** A key stands for one work at a time. What is in the way may be about to be forgotten. */
  *whyNot(draft: Draft): Generator<void, Refusal | undefined> {
    for (;;) {
      const known = findTask(this.s, draft.key)
      if (known === undefined || isSame(draft, known)) return undefined
      if (this.s.later.length === 0) return conflict(draft.key, `in use (${known.state})`)
      yield
    }
  }

  *#readTasks(): Generator<void, Refusal | undefined> {
    const { s, message } = this
    const wanted = new BigMap<true>()
    for (const key of message.keys) {
      wanted.set(key, true)
      if (isTired(s)) yield
    }
    for (const spec of message.tasks) {
      const group = this.#group(spec.function)
      if (group === undefined) return unknownCode(spec.function)
      const recipe = new SingleRecipe(group, spec)
      const draft = { key: spec.key, recipe, index: 0, deps: spec.deps, wanted: wanted.has(spec.key) }
      const refusal = yield* this.#add(draft)
      if (refusal !== undefined) return refusal
      if (isTired(s)) yield
    }
    return undefined
  }

  *#readMaps(): Generator<void, Refusal | undefined> {
    const { s, message } = this
    for (const spec of message.maps ?? []) {
      const group = this.#group(spec.function)
      if (group === undefined) return unknownCode(spec.function)
      const recipe = new MapRecipe(group, spec)
      const { prefix, start = 0 } = spec
      if (isLarge(s, spec.length) && this.#standsAlone(spec) && !s.tasks.isTaken(spec.prefix)) {
        this.large.push({ spec, recipe })
        continue
      }
      this.small.push(spec)
      for (let i = 0; i < spec.length; i++) {
        const own = spec.deps.get(i) ?? NO_KEYS
        const deps = own.length === 0 ? spec.shared_deps : [...new Set([...spec.shared_deps, ...own])]
        const refusal = yield* this.#add({ key: `${prefix}-${start + i}`, recipe, index: i, deps, wanted: true })
        if (refusal !== undefined) return refusal
        if (isTired(s)) yield
      }
    }
    return undefined
  }

  *#add(draft: Draft): Generator<void, Refusal | undefined> {
    const place = this.#places.get(draft.key)
    const twin = place === undefined ? undefined : (this.list[place] as Draft)
    if (twin !== undefined) return sameWork(draft, twin) ? undefined : conflict(draft.key, 'twice in this submission')
    const refusal = yield* this.whyNot(draft)
    if (refusal !== undefined) return refusal
    this.#places.set(draft.key, this.list.length)
    this.list.push(draft)
    return undefined
  }

  *#checkKeys(): Generator<void, Refusal | undefined> {
    for (const key of this.message.keys) {
      if (!this.has(key) && findTask(this.s, key) === undefined)
        return { reason: 'unknown-key', msg: `${key} is neither in the graph nor known here` }
      if (isTired(this.s)) yield
    }
    return undefined
  }

  *#checkInputs(): Generator<void, Refusal | undefined> {
    for (const { key, deps } of this.list) {
      for (const dep of deps)
        if (!this.has(dep) && findTask(this.s, dep) === undefined)
          return {
            reason: 'lost-dependencies',
            msg: `${key} needs ${dep}, which nobody here knows: it was released, or is a result of another scheduler`,
          }
      if (isTired(this.s)) yield
    }
    return undefined
  }

  /** Its items need nothing, and nothing else here needs them. */
  #standsAlone({ prefix, start, deps, shared_deps }: MapSpec): boolean {
    if (start !== undefined || deps.size > 0 || shared_deps.length > 0) return false
    const { tasks, maps = [], keys } = this.message
    const named = (list: readonly Key[]) => list.some((key) => isItem(prefix, key))
    if (tasks.length > 0 && (named(keys) || tasks.some((spec) => isItem(prefix, spec.key) || named(spec.deps))))
      return false
    const others = maps.filter((other) => other.prefix !== prefix)
    return others.length === maps.length - 1 && !others.some((other) => refersTo(other, named))
  }

  /** Undefined where its code is not known. */
  #group(ref: FunctionRef): TaskGroup | undefined {
    const known = this.#groups.get(ref)
    if (known !== undefined || !hashesOf(ref).every((hash) => this.s.code.has(hash))) return known
    const group = makeGroup(this.s, this.client, ref, this.message.options ?? {})
    this.#groups.set(ref, group)
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
