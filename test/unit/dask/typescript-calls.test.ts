import { expect, test } from 'vitest'
import { readPickle } from '../../../src/dask/pickle/read.js'
import { writePickle } from '../../../src/dask/pickle/write.js'
import type { PyObject, PyTuple } from '../../../src/dask/python.js'
import { codeKey, typeScriptIn, typeScriptTask } from '../../../src/dask/typescript.js'
import type { FunctionRef } from '../../../src/protocol/names.js'
import { encode } from '../../../src/values/encode.js'

const itemsOf = (object: unknown) => ((object as PyObject).args as PyTuple).items

test('a call of TypeScript comes out of its task as it went in', () => {
  const call = { function: 'abc#double' as FunctionRef, args: encode([1, 'two']), options: { timeout: 50 } }
  const [key, func, list] = itemsOf(readPickle(writePickle(typeScriptTask('one', call, [codeKey('abc')])).bytes))
  const [, , , , code] = itemsOf(list)
  expect([key, itemsOf(code)]).toEqual(['one', ['heddle-code-abc']])
  expect(typeScriptIn(func, [[...itemsOf(list)]])).toMatchObject({ ...call, args: { head: call.args.head } })
})
