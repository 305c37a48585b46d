import * as heddle from '../errors.js'

// biome-ignore lint/complexity/noBannedTypes: classes of every shape of constructor
type AnyClass = Function

const BRAND = Symbol.for('heddle.error')

const BUILT_IN = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError]
const HEDDLE: AnyClass[] = Object.values(heddle).filter((value) => typeof value === 'function')

const BY_NAME = new Map<string, AnyClass>([...BUILT_IN, ...HEDDLE].map((one) => [one.name, one]))
const NAMES = new Map<unknown, string>([...BY_NAME].map(([name, one]) => [one.prototype, name]))

/** The nearest class of an error that every node knows. */
export function errorClassName(error: object): string {
  const branded = BRAND in error
  for (let at: object | null = error; at !== null; at = Object.getPrototypeOf(at)) {
    const name = NAMES.get(at) ?? (branded ? nameInOtherCopy(at) : undefined)
    if (name !== undefined) return name
  }
  return 'Error'
}

/** Two copies of the package have the same classes twice. */
function nameInOtherCopy(prototype: object): string | undefined {
  const name = Object.hasOwn(prototype, 'constructor') ? prototype.constructor.name : ''
  return HEDDLE.some((one) => one.name === name) ? name : undefined
}

/** What errors of that class inherit from; undefined: it is no class that every node knows. */
export function errorPrototype(name: string): object | undefined {
  return BY_NAME.get(name)?.prototype
}
