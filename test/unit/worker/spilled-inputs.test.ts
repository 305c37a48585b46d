import { expect, test } from 'vitest'
import type { Key } from '../../../src/protocol/names.js'
import { Encoded } from '../../../src/values/encoded.js'
import { SpilledInputs } from '../../../src/worker/spilled-inputs.js'
import { COLLECTED } from '../../../src/worker/store/memory.js'
import { Store } from '../../../src/worker/store/store.js'

/** A store whose values are all on a disk that answers when told to. */
class SlowStore extends Store {
  readonly asked: Key[] = []
  readonly #answers = new Map<Key, (value: Encoded | undefined) => void>()
  override get(): undefined {
    return undefined
  }
  override sizeOf(): number {
    return 10
  }
  override load(key: Key): Promise<Encoded | undefined> {
    this.asked.push(key)
    return new Promise((resolve) => this.#answers.set(key, resolve))
  }
  async answer(key: Key, value: Encoded | null = new Encoded(new Uint8Array(2), [], 2)): Promise<void> {
    this.#answers.get(key)!(value ?? undefined)
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }
}

function open(maxBytes?: number) {
  const store = new SlowStore()
  const held = new Map<Encoded, number>()
  const count = (by: number) => (encoded: Encoded) => void held.set(encoded, (held.get(encoded) ?? 0) + by)
  const spilled = new SpilledInputs(store, { ...COLLECTED, retain: count(1), release: count(-1) }, maxBytes)
  const got: string[] = []
  const begin = (...keys: Key[]) =>
    spilled.begin(keys, (inputs) => {
      const all = [...(inputs?.values() ?? [])].every((value) => held.get(value) === 1)
      got.push(inputs === undefined ? `${keys}: lost` : `${[...inputs.keys()]}: ${all ? 'held' : 'not held'}`)
    })
  return { store, held, spilled, got, begin }
}

test('a task has its inputs in memory when it gets them', async () => {
  const { store, held, got, begin } = open()
  begin('a', 'b')
  await store.answer('a')
  expect(got).toEqual([])
  await store.answer('b')
  expect(got).toEqual(['a,b: held'])
  expect([...held.values()]).toEqual([0, 0])
})

test('a task hears that an input is lost, and the others are let go', async () => {
  const { store, held, got, begin } = open()
  begin('a', 'b')
  await store.answer('a')
  await store.answer('b', null)
  expect(got).toEqual(['a,b: lost'])
  expect([...held.values()]).toEqual([0])
})

test('no more is read at once than there is room for; one task always may', async () => {
  const { store, spilled, begin, got } = open(25)
  const first = begin('a', 'b', 'c')
  const second = begin('d')
  begin('e')
  expect(store.asked).toEqual(['a'])
  for (const key of ['a', 'b', 'c']) await store.answer(key)
  expect(got).toHaveLength(1)
  expect(store.asked).toEqual(['a', 'b', 'c'])
  spilled.end(first)
  expect(store.asked.slice(3)).toEqual(['d', 'e'])
  spilled.end(second)
})

test('who does not want its inputs any more gets none', async () => {
  const { store, spilled, begin, got } = open(10)
  const first = begin('a')
  const second = begin('b')
  begin('c')
  spilled.end(second)
  spilled.end(first)
  await store.answer('a')
  await store.answer('c')
  expect(got).toEqual(['c: held'])
  expect(store.asked).toEqual(['a', 'c'])
})
