/** Runs the tasks of Python's whose functions are known here, in an executor's thread. */
import type { NativeResult, NativeTask } from '../../code/native.js'
import { CloneError, DecodeError, Reschedule } from '../../errors.js'
import { decode } from '../../values/decode.js'
import { Encoded } from '../../values/encoded.js'
import { NotHere } from '../callables/errors.js'
import { evaluate } from '../callables/evaluate.js'
import { nodeOf } from '../nodes.js'
import { readPickle } from '../pickle/read.js'
import { openValue } from '../wire/open.js'
import { toSerialized } from '../wire/serialize.js'
import { asEncoded, isSerialized, openSerialized } from '../wire/serialized.js'
import { pythonTypeOf } from './result-types.js'

type Memory = NativeTask['memory']

/** @throws PythonError as Python would; Reschedule when Python has to do it itself. */
export function runPython(task: NativeTask): NativeResult {
  try {
    const node = readPickle(task.args.head.subarray(1), task.args.buffers)
    return (
      passedOn(node, task) ??
      resultOf(
        evaluate(node, (key) => inputOf(task, key)),
        task.memory,
      )
    )
  } catch (error) {
    if (!isNotOurs(error)) throw error
    throw new Reschedule((error as Error).message)
  }
}

function isNotOurs(error: unknown): boolean {
  return error instanceof NotHere || error instanceof CloneError || error instanceof DecodeError
}

/** The value of another task, as it is. */
function passedOn(node: unknown, task: NativeTask): NativeResult | undefined {
  const parts = nodeOf(node)
  const input = parts?.kind === 'reference' ? task.input(parts.key) : undefined
  return input instanceof Encoded ? { value: input, typename: '' } : undefined
}

function resultOf(value: unknown, memory: Memory): NativeResult {
  return { value: asEncoded(toSerialized(value), memory), typename: pythonTypeOf(value) }
}

/** In the terms of Python, whoever made it. */
function inputOf(task: NativeTask, key: string): unknown {
  const input = task.input(key)
  if (input instanceof Encoded && isSerialized(input)) return openSerialized(input)
  const { header, frames } = toSerialized(input instanceof Encoded ? decode(input) : input.value)
  return openValue(header, frames)
}
