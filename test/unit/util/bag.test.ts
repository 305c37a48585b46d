import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Bag } from '../../../src/util/bag.js'

test('a bag holds what was put in and not taken out, and taking out twice harms nobody', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 })), (steps) => {
      const bag = new Bag<{ place: number }>()
      const items = Array.from({ length: 10 }, () => ({ place: -1 }))
      const model = new Set<{ place: number }>()
      for (const at of steps) {
        const item = items[at]!
        bag.delete(item)
        if (!model.delete(item)) {
          bag.add(item)
          model.add(item)
        }
        expect(bag.size).toBe(model.size)
        expect([...bag].every((one) => model.has(one))).toBe(true)
        for (const one of items) expect(bag.has(one)).toBe(model.has(one))
      }
      expect(bag.find(() => true) === undefined).toBe(model.size === 0)
    }),
  )
})
