import { describe, expect, test } from 'vitest'
import { Encoded } from '../../../../src/values/encoded.js'
import { LiveInputs } from '../../../../src/worker/executor/live-inputs.js'

const value = (nbytes: number) => new Encoded(new Uint8Array(nbytes), [], nbytes)

function inputs(limits: { maxBytes?: number; maxCount?: number } = {}) {
  const held = new Map<number, Encoded>()
  const live = new LiveInputs(
    { maxBytes: 1000, maxCount: 100, ...limits },
    { put: (number, encoded) => held.set(number, encoded), drop: (number) => held.delete(number) },
  )
  return { live, held }
}

describe('the inputs that a thread holds decoded', () => {
  test('are sent once for many jobs', () => {
    const { live, held } = inputs()
    const x = value(10)
    const first = live.take(new Map([['x', x]]))
    const second = live.take(new Map([['x', x]]))
    expect(second).toEqual(first)
    expect(held.size).toBe(1)
    expect(live.missingBytes(new Map([['x', x]]))).toBe(0)
    expect(live.missingBytes(new Map([['y', value(7)]]))).toBe(7)
  })

  test('go when there are too many, least recently used first, but never while a job needs them', () => {
    const { live, held } = inputs({ maxBytes: 100 })
    const [a, b, c] = [value(40), value(40), value(40)]
    const pinned = live.take(new Map([['a', a]]))
    live.release(live.take(new Map([['b', b]])))
    live.release(live.take(new Map([['c', c]])))
    expect([...held.values()]).toEqual([a, c])
    live.release(pinned)
    live.release(live.take(new Map([['a', a]])))
    live.release(live.take(new Map([['b', b]])))
    expect(new Set(held.values())).toEqual(new Set([a, b]))
  })

  test('are void when the key means something else; a job that was given the old value keeps it', () => {
    const { live, held } = inputs()
    const [old, fresh] = [value(10), value(20)]
    const running = live.take(new Map([['x', old]]))
    live.forget(['x'])
    const next = live.take(new Map([['x', fresh]]))
    expect(next[0]!.number).not.toBe(running[0]!.number)
    expect([...held.values()]).toEqual([old, fresh])
    live.release(running)
    expect([...held.values()]).toEqual([fresh])
  })

  test('that nobody owns any more go when memory is short', () => {
    const { live, held } = inputs()
    const [kept, orphan, needed] = [value(1), value(2), value(3)]
    live.release(live.take(new Map([['kept', kept]])))
    live.release(live.take(new Map([['orphan', orphan]])))
    live.take(new Map([['needed', needed]]))
    live.forgetUnowned((encoded) => encoded === kept)
    expect([...held.values()]).toEqual([kept, needed])
  })
})
