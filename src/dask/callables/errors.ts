import type { PythonError } from '../../errors.js'
import { pythonError } from '../values/exceptions.js'

/** What we know the function of, but not for these arguments: Python has to do it. */
export class NotHere extends Error {
  constructor(what: string) {
    super(`${what} is nothing that Heddle does in Python's place`)
  }
}

/** As Python would raise it. */
export function raise(type: string, message: string): never {
  const error: PythonError = pythonError(type, message)
  throw error
}
