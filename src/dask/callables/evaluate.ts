/** Runs a node of a graph whose functions are all known here. */

import { NDArray } from '../../values/ndarray.js'
import { keyOf, keyText } from '../keys.js'
import { nodeOf } from '../nodes.js'
import { PyGlobal, PyObject, PyTuple } from '../python.js'
import { fromNumpy } from '../values/numpy.js'
import { NotHere } from './errors.js'
import { getItem } from './operators.js'
import { callableFor } from './table.js'

const SUBGRAPH = 'dask._task_spec._execute_subgraph'
const DEPTH_MAX = 500

type Keywords = ReadonlyMap<unknown, unknown>

const NO_KEYWORDS: Keywords = new Map()

/** Can this node be run here, as far as its functions go? */
export function isEvaluable(value: unknown, depth = 0): boolean {
  const node = nodeOf(value)
  if (depth > DEPTH_MAX) return false
  // Arguments that are no nodes pass as they are.
  if (node === undefined) return depth > 0
  if (node.kind === 'container') return node.items.every((item) => isEvaluable(item, depth + 1))
  if (node.kind !== 'task') return true
  const args = [...node.args, ...node.kwargs.values()]
  return isKnown(node.func, node.args, depth + 1) && args.every((arg) => isEvaluable(arg, depth + 1))
}

/** The value of a node. @throws NotHere when Python has to do it; PythonError as Python would. */
export function evaluate(value: unknown, input: (key: string) => unknown, depth = 0): unknown {
  if (depth > DEPTH_MAX) throw new NotHere('a task nested so deep')
  const node = nodeOf(value)
  if (node === undefined) return asValue(value)
  const inner = (part: unknown) => evaluate(part, input, depth + 1)
  switch (node.kind) {
    case 'reference':
      return input(node.key)
    case 'data':
      return asValue(node.value)
    case 'container':
      return container(node.of, node.items.map(inner))
    case 'task':
      return call(node.func, node.args.map(inner), new Map([...node.kwargs].map(([name, one]) => [name, inner(one)])))
  }
}

function isKnown(func: unknown, args: readonly unknown[], depth: number): boolean {
  if (func instanceof PyGlobal) {
    if (func.toString() !== SUBGRAPH) return callableFor(func) !== undefined
    const [graph] = args
    return graph instanceof Map && [...graph.values()].every((part) => isEvaluable(part, depth + 1))
  }
  const inner = partialOf(func)
  if (inner !== undefined) return isKnown(inner.func, [], depth + 1)
  return itemGetter(func) !== undefined
}

function call(func: unknown, args: readonly unknown[], kwargs: Keywords): unknown {
  if (func instanceof PyGlobal) {
    if (func.toString() === SUBGRAPH) return subgraph(args)
    const callable = callableFor(func)
    if (callable !== undefined) return callable(args, kwargs)
  }
  const partial = partialOf(func)
  if (partial !== undefined)
    return call(partial.func, [...partial.args.map(asValue), ...args], new Map([...partial.kwargs, ...kwargs]))
  const item = itemGetter(func)
  if (item !== undefined && args.length === 1 && kwargs.size === 0) return getItem(args[0], item.index)
  throw new NotHere('such a function')
}

/** `_execute_subgraph(graph, wanted key, keys, *values)`: several tasks as one. */
function subgraph([graph, wanted, keys, ...values]: readonly unknown[]): unknown {
  const given = keys instanceof PyTuple ? keys.items : keys instanceof Set ? [...keys] : keys
  if (!(graph instanceof Map) || !Array.isArray(given)) throw new NotHere('such a graph')
  return new Subgraph(graph, given, values).value(wanted)
}

function container(of: string, items: readonly unknown[]): unknown {
  if (of === 'list') return [...items]
  if (of === 'tuple') return new PyTuple(items)
  if (of === 'set') return new Set(items)
  const dict = new Map<unknown, unknown>()
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1])
  return dict
}

/** `functools.partial`, whose state is `(function, args, keywords, attributes)`. */
function partialOf(func: unknown): { func: unknown; args: readonly unknown[]; kwargs: Keywords } | undefined {
  if (!(func instanceof PyObject) || func.maker !== 'functools.partial' || !(func.state instanceof PyTuple))
    return undefined
  const [inner, args, kwargs] = func.state.items
  if (!(args instanceof PyTuple)) return undefined
  return { func: inner, args: args.items, kwargs: kwargs instanceof Map ? kwargs : NO_KEYWORDS }
}

/** `operator.itemgetter(i)`. */
function itemGetter(func: unknown): { index: unknown } | undefined {
  if (!(func instanceof PyObject) || !/^_?operator\.itemgetter$/.test(func.maker ?? '')) return undefined
  const items = func.args instanceof PyTuple ? func.args.items : []
  return items.length === 1 ? { index: items[0] } : undefined
}

/** numpy's arrays inside pickles as arrays. */
function asValue(value: unknown): unknown {
  const known = value instanceof PyObject ? fromNumpy(value) : undefined
  return known instanceof NDArray ? known : value
}

/** The tasks of a subgraph, each run once. */
class Subgraph {
  readonly #nodes = new Map<string, unknown>()
  readonly #values = new Map<string, unknown>()

  constructor(graph: ReadonlyMap<unknown, unknown>, keys: readonly unknown[], values: readonly unknown[]) {
    for (const [key, node] of graph) this.#nodes.set(keyText(key), node)
    keys.forEach((key, i) => {
      this.#values.set(keyText(key), values[i])
    })
  }

  value(key: unknown, depth = 0): unknown {
    const name = keyText(key)
    if (!this.#values.has(name)) {
      if (!this.#nodes.has(name) || depth > DEPTH_MAX) throw new NotHere('such a graph')
      this.#values.set(
        name,
        evaluate(this.#nodes.get(name), (inner) => this.value(keyOf(inner), depth + 1)),
      )
    }
    return this.#values.get(name)
  }
}
