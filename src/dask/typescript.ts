/**
 * Tasks of TypeScript in a graph of Dask's: `methodcaller('heddle: NAME')([ref, head, [buffers], inputs…])`. Scheduler
 * and workers of Python's can open that; were one to call it, it would say that a list has no attribute 'heddle: NAME'.
 */
import type { FunctionRef } from '../protocol/names.js'
import { exportOf } from '../util/function-ref.js'
import { Encoded } from '../values/encoded.js'
import { nodeOf } from './nodes.js'
import { PyObject, PyTuple, pyCall } from './python.js'

/** Workers of ours say that they have this resource; tasks of TypeScript ask for none of it, which only those can give. */
export const TAG = 'heddle'

const SPEC = 'dask._task_spec'
const MARK = 'heddle: '
const CODE_KEY = 'heddle-code-'

/** A call as it stands in a task. */
export interface TypeScriptCall {
  readonly function: FunctionRef
  readonly args: Encoded
}

/** The key under which a cluster holds the code of that hash. */
export function codeKey(hash: string): string {
  return CODE_KEY + hash
}

/** The task `key`. `deps` are the keys, as they stand in pickles, that `args` refers to, and those of its code. */
export function typeScriptTask(
  key: unknown,
  { function: ref, args }: TypeScriptCall,
  deps: readonly unknown[],
): PyObject {
  const call = pyCall('operator', 'methodcaller', MARK + exportOf(ref))
  const refs = deps.map((dep) => pyCall(SPEC, 'TaskRef', dep))
  return pyCall(SPEC, 'Task', key, call, pyCall(SPEC, 'List', ref, args.head, [...args.buffers], ...refs))
}

/** The call in a task, if it is one of TypeScript. */
export function typeScriptIn(func: unknown, args: readonly unknown[]): TypeScriptCall | undefined {
  if (!(func instanceof PyObject) || !/^_?operator\.methodcaller$/.test(func.maker ?? '')) return undefined
  const [name] = func.args instanceof PyTuple ? func.args.items : []
  const [list] = args
  const node = nodeOf(list)
  const items = node?.kind === 'container' ? node.items : list
  if (typeof name !== 'string' || !name.startsWith(MARK) || !Array.isArray(items)) return undefined
  const [ref, head, buffers] = items as unknown[]
  if (typeof ref !== 'string' || !(head instanceof Uint8Array) || !Array.isArray(buffers)) return undefined
  if (!ref.includes('#') || !buffers.every((buffer) => buffer instanceof Uint8Array)) return undefined
  return { function: ref as FunctionRef, args: new Encoded(head, buffers, head.byteLength) }
}
