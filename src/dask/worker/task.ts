/** What a worker of ours is to do for a task of Dask's. */
import type { FunctionRef } from '../../protocol/names.js'
import { Encoded } from '../../values/encoded.js'
import { isEvaluable } from '../callables/evaluate.js'
import { nodeOf } from '../nodes.js'
import { PyGlobal, PyObject, PyTuple } from '../python.js'
import { type TypeScriptCall, typeScriptIn } from '../typescript.js'
import { Pickled } from '../wire/codec.js'
import { PYTHON } from './python-code.js'

/** The first byte of arguments that are a pickled node. */
export const FAMILY_NODE = 0x41

const NAME_LONGEST = 100

/** Something that runs here, or the name of what does not. */
export type Plan =
  | ({ readonly kind: 'typescript' } & TypeScriptCall)
  | { readonly kind: 'python'; readonly function: FunctionRef; readonly args: Encoded }
  | { readonly kind: 'foreign'; readonly name: string }

/** @throws DecodeError for what is no pickle. */
export function planOf(runSpec: unknown): Plan {
  if (!(runSpec instanceof Pickled)) return { kind: 'foreign', name: 'a task that was sent in a form unknown here' }
  const node = runSpec.open()
  const parts = nodeOf(node)
  if (parts === undefined) return { kind: 'foreign', name: 'a task of a release of Dask that is unknown here' }
  if (parts.kind !== 'task') return isEvaluable(node) ? python(nameOf(undefined), runSpec) : foreign(undefined)
  const call = typeScriptIn(parts.func, parts.args)
  if (call !== undefined) return { kind: 'typescript', ...call }
  return isEvaluable(node) ? python(nameOf(parts.func), runSpec) : foreign(parts.func)
}

function python(name: string, { bytes, buffers }: Pickled): Plan {
  const head = new Uint8Array(1 + bytes.byteLength)
  head[0] = FAMILY_NODE
  head.set(bytes, 1)
  return { kind: 'python', function: `${PYTHON}#${name}`, args: new Encoded(head, buffers, head.byteLength) }
}

function foreign(func: unknown): Plan {
  return { kind: 'foreign', name: nameOf(func) }
}

/** For people. */
function nameOf(func: unknown): string {
  if (func === undefined) return 'data'
  if (func instanceof PyGlobal) return func.toString().slice(0, NAME_LONGEST)
  if (!(func instanceof PyObject)) return 'what is no function'
  if (/^cloudpickle\b/.test(func.maker ?? '')) return 'a function of the program'
  const [first] = func.args instanceof PyTuple ? func.args.items : []
  const inner = first instanceof PyGlobal ? `(${first})` : ''
  return `${func.maker ?? 'an object'}${inner}`.slice(0, NAME_LONGEST)
}
