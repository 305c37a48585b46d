import type { PyGlobal } from '../python.js'
import { BUILTINS } from './builtins.js'
import { type Callable, positional } from './callable.js'
import { toDouble } from './numbers.js'
import { NUMPY } from './numpy-functions.js'
import { OPERATORS } from './operators.js'

/** The functions of Python's that are done here, by module and name. */
const CALLABLES: ReadonlyMap<string, Callable> = new Map([
  ...under('operator', OPERATORS),
  ...under('_operator', OPERATORS),
  ...under('builtins', BUILTINS),
  ...under('numpy', NUMPY),
  ['time.sleep', positional(1, 1, sleep)],
])

/** What does this function of Python's here; undefined: nothing. */
export function callableFor(global: PyGlobal): Callable | undefined {
  return CALLABLES.get(`${global.module}.${global.name}`)
}

function under(module: string, functions: Readonly<Record<string, Callable>>): [string, Callable][] {
  return Object.entries(functions).map(([name, callable]) => [`${module}.${name}`, callable])
}

function sleep(seconds: unknown): null {
  const memory = new Int32Array(new SharedArrayBuffer(4))
  Atomics.wait(memory, 0, 0, 1000 * toDouble(seconds))
  return null
}
