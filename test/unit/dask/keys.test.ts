import { describe, expect, test } from 'vitest'
import { keyOf, keyText, pickledKeyOf } from '../../../src/dask/keys.js'
import { PyTuple } from '../../../src/dask/python.js'

describe('a key of Dask’s', () => {
  test('that is a text is that text', () => {
    for (const key of ['x', 'inc-1', '5', '', 'a (b)', "b'x'", '(abc']) {
      expect(keyText(key)).toBe(key)
      expect(keyOf(key)).toBe(key)
    }
  })

  test('that is anything else is shown as Python shows it, and found again', () => {
    const keys: [key: unknown, text: string][] = [
      [['x', 0], "('x', 0)"],
      [['x', 0, ['y', -1.5]], "('x', 0, ('y', -1.5))"],
      [['x'], "('x',)"],
      [[], '()'],
      [5, '(5)'],
      [0.5, '(0.5)'],
      [2n ** 70n, '(1180591620717411303424)'],
      [["it's", 'a\\b', 'line\n', 'é☃'], "('it\\'s', 'a\\\\b', 'line\\n', 'é☃')"],
      [['x', null, true], "('x', None, True)"],
      [Uint8Array.of(104, 105), "(b'hi')"],
    ]
    for (const [key, text] of keys) {
      expect(keyText(key)).toBe(text)
      expect(keyOf(text)).toEqual(key)
    }
  })

  test('that is a text which looks like a tuple is another than the tuple', () => {
    const text = keyText("('x', 0)")
    expect(text).not.toBe(keyText(['x', 0]))
    expect(keyOf(text)).toBe("('x', 0)")
  })

  test('has tuples where a pickle has them', () => {
    expect(pickledKeyOf("('x', 0)")).toEqual(new PyTuple(['x', 0]))
    expect(keyText(new PyTuple(['x', new PyTuple([1])]))).toBe("('x', (1,))")
  })
})
