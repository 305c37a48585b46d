import { CloneError } from '../../errors.js'
import { arrowKindOf } from '../../values/arrow-module.js'
import { NDArray } from '../../values/ndarray.js'
import { typenameOf } from '../../values/typename.js'
import { toPyArrow } from './arrow.js'
import { toDatetime } from './datetime.js'
import { toException } from './exceptions.js'
import { toNumpy } from './numpy.js'

/**
 * For `writePickle`: what stands in a pickle for objects of JavaScript's that are no plain data. Typed arrays and
 * NDArrays are numpy's arrays, their memory beside the pickle; Dates are datetimes; errors are exceptions; tables are pyarrow's.
 * @throws CloneError for a date that Python has not.
 */
export function toPython(value: object): unknown {
  if (value instanceof NDArray || ArrayBuffer.isView(value)) return toNumpy(value)
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value)
  if (value instanceof Date) return toDatetime(value) ?? refuse(value)
  if (value instanceof Error) return toException(value)
  const kind = arrowKindOf(value)
  return kind && toPyArrow(value, kind)
}

function refuse(value: Date): never {
  throw new CloneError(
    'HEDDLE_CLONE',
    '',
    `Python has no ${typenameOf(value)} like ${String(value)}: 1 to 9999 it knows`,
  )
}
