import { expect, test } from 'vitest'
import { Encoded } from '../../../../src/values/encoded.js'
import type { ValueMemory } from '../../../../src/worker/store/memory.js'
import { Store } from '../../../../src/worker/store/store.js'

function value(bytes: number): Encoded {
  return new Encoded(new Uint8Array(2), [new Uint8Array(bytes)], bytes)
}

/** Memory that says how many hold each value. */
class Counting implements ValueMemory {
  readonly held = new Map<Encoded, number>()
  allocate(nbytes: number): Uint8Array {
    return new Uint8Array(nbytes)
  }
  retain(encoded: Encoded): void {
    this.held.set(encoded, (this.held.get(encoded) ?? 0) + 1)
  }
  release(encoded: Encoded): void {
    this.held.set(encoded, this.held.get(encoded)! - 1)
  }
}

test('values can be put, got, overwritten and deleted', async () => {
  const store = new Store()
  const [a, b] = [value(10), value(20)]
  store.put('x', a)
  store.put('x', b)
  expect(store.get('x')).toBe(b)
  expect(await store.load('x')).toBe(b)
  expect([...store.keys()]).toEqual(['x'])
  expect(store.delete('x')).toBe(true)
  expect(store.delete('x')).toBe(false)
  expect(store.get('x')).toBeUndefined()
  expect(await store.load('x')).toBeUndefined()
})

test('any text is a key', () => {
  const store = new Store()
  for (const key of ['__proto__', 'constructor', '', 'ä b']) store.put(key, value(1))
  expect(store.size).toBe(4)
  expect(store.has('toString')).toBe(false)
})

test('bytes are counted, and none are left at the end', () => {
  const store = new Store()
  store.put('x', value(10))
  store.put('y', value(20))
  store.put('x', value(30))
  expect(store.memoryBytes).toBe(2 + 30 + 2 + 20)
  store.delete('y')
  expect(store.memoryBytes).toBe(32)
  store.clear()
  expect([store.size, store.memoryBytes]).toEqual([0, 0])
})

test('the memory of a value is held as long as the value is in the store', () => {
  const memory = new Counting()
  const store = new Store(memory)
  const [a, b] = [value(10), value(20)]
  store.put('x', a)
  store.put('x', a)
  store.put('y', a)
  expect(memory.held.get(a)).toBe(2)
  store.put('x', b)
  store.delete('y')
  expect(memory.held).toEqual(
    new Map([
      [a, 0],
      [b, 1],
    ]),
  )
  store.clear()
  expect(memory.held.get(b)).toBe(0)
})
