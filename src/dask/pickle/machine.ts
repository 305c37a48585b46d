import { type Making, PyFrozenSet, PyGlobal, PyObject, PyTuple } from '../python.js'

/** What a pickle may cost: beyond that it is refused. Bytes and buffers are limited by the message that brought them. */
export interface PickleLimits {
  /** Things on the stack, and sublists that are open. Default 10 million. */
  readonly stack?: number
  /** Things that the pickle names. Default 10 million. */
  readonly memo?: number
}

const STACK_MAX = 10_000_000

/** The stack machine that a pickle instructs: it can build data out of data, and nothing else. */
export class PickleMachine {
  readonly #fail: (what: string) => never
  readonly #memo = new Map<number, unknown>()
  readonly #stackMax: number
  readonly #memoMax: number
  readonly #stack: unknown[] = []
  /** Where each open sublist begins. */
  readonly #marks: number[] = []

  constructor(fail: (what: string) => never, limits: PickleLimits) {
    this.#fail = fail
    this.#stackMax = limits.stack ?? STACK_MAX
    this.#memoMax = limits.memo ?? STACK_MAX
  }

  /** Things that have a name. */
  get named(): number {
    return this.#memo.size
  }

  mark(): void {
    if (this.#marks.push(this.#stack.length) > this.#stackMax) this.#fail('too many sublists')
  }

  /** Once more what is on top. */
  duplicate(): void {
    this.push(this.#top())
  }

  list(): void {
    this.push(this.sublist())
  }

  frozenSet(): void {
    this.push(new PyFrozenSet(this.sublist()))
  }

  longTuple(): void {
    this.push(new PyTuple(this.sublist()))
  }

  push(value: unknown): true {
    if (this.#stack.push(value) > this.#stackMax) this.#fail(`more than ${this.#stackMax} things on the stack`)
    return true
  }

  get #floor(): number {
    return this.#marks.at(-1) ?? 0
  }

  #top(): unknown {
    if (this.#stack.length <= this.#floor) this.#fail('an empty stack')
    return this.#stack.at(-1)
  }

  pop(): unknown {
    if (this.#stack.length <= this.#floor) this.#fail('an empty stack')
    return this.#stack.pop()
  }

  /** Python lets POP take a mark, too. */
  discard(): void {
    if (this.#stack.length > this.#floor) this.#stack.pop()
    else if (this.#marks.pop() === undefined) this.#fail('an empty stack')
  }

  sublist(): unknown[] {
    const from = this.#marks.pop()
    if (from === undefined) this.#fail('a sublist without beginning')
    return this.#stack.splice(from)
  }

  recall(index: number): unknown {
    if (!this.#memo.has(index)) this.#fail(`the name ${index}, which names nothing`)
    return this.#memo.get(index)
  }

  remember(index: number): void {
    this.#memo.set(index, this.#top())
    if (this.#memo.size > this.#memoMax) this.#fail(`more than ${this.#memoMax} names`)
  }

  tuple(length: number): void {
    const items = new Array<unknown>(length)
    for (let i = length - 1; i >= 0; i--) items[i] = this.pop()
    this.push(new PyTuple(items))
  }

  append(items: readonly unknown[]): void {
    const target = this.#top()
    const list = target instanceof PyObject ? target.items : target
    if (!Array.isArray(list)) return this.#fail('items for what is no list')
    for (const item of items) list.push(item)
  }

  setItem(): void {
    const value = this.pop()
    this.setItems([this.pop(), value])
  }

  setItems(items: readonly unknown[]): void {
    const target = this.#top()
    if (items.length % 2 !== 0) this.#fail('a key without value')
    if (!(target instanceof Map || target instanceof PyObject)) return this.#fail('entries for what is no dict')
    for (let i = 0; i < items.length; i += 2) {
      if (target instanceof Map) target.set(items[i], items[i + 1])
      else target.entries.push([items[i], items[i + 1]])
    }
  }

  dict(): void {
    const items = this.sublist()
    this.push(new Map())
    this.setItems(items)
  }

  addItems(items: readonly unknown[]): void {
    const target = this.#top()
    if (!(target instanceof Set)) return this.#fail('members for what is no set')
    for (const item of items) target.add(item)
  }

  make(making: Exclude<Making, 'new-with-keywords'>): void {
    const args = this.pop()
    this.push(new PyObject(making, this.pop(), args))
  }

  makeWithKeywords(): void {
    const keywords = this.pop()
    const args = this.pop()
    this.push(new PyObject('new-with-keywords', this.pop(), args, keywords))
  }

  build(): void {
    const state = this.pop()
    const target = this.#top()
    if (!(target instanceof PyObject)) return this.#fail('a state for what is no object')
    target.state = state
  }

  stackGlobal(): void {
    const name = this.pop()
    const module = this.pop()
    if (typeof name !== 'string' || typeof module !== 'string') return this.#fail('a name that is no text')
    this.push(new PyGlobal(module, name))
  }
}
