/**
 * Tasks of TypeScript in a graph of Dask's: `methodcaller('heddle: NAME')([ref, head, [buffers], options, inputs…])`. Scheduler
 * and workers of Python's can open that; were one to call it, it would say that a list has no attribute 'heddle: NAME'.
 */
import type { Artefact } from '../code/artefact.js'
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
  /** What Dask knows nothing of and a worker of ours heeds. */
  readonly options: CallOptions
}

/** See `TaskOptions`. */
export interface CallOptions {
  readonly timeout?: number
  /** The client that wants to be told what the task prints. */
  readonly logsFor?: string
}

/** The key under which a cluster holds the code of that hash. */
export function codeKey(hash: string): string {
  return CODE_KEY + hash
}

/** Whether this is such a key. */
export function isCodeKey(key: string): boolean {
  return key.startsWith(CODE_KEY)
}

/** Code as a value of the graph. */
export function codeNode({ hash, kind, name, body, map, externals, url }: Artefact): PyObject {
  const optional = { ...(map !== undefined && { map }), ...(url !== undefined && { url }) }
  return pyCall(SPEC, 'DataNode', codeKey(hash), { hash, kind, name, body, externals, ...optional })
}

/** The task `key`. `deps` are the keys, as they stand in pickles, that `args` refers to, and those of its code. */
export function typeScriptTask(
  key: unknown,
  { function: ref, args, options }: TypeScriptCall,
  deps: readonly unknown[],
): PyObject {
  const call = pyCall('operator', 'methodcaller', MARK + exportOf(ref))
  const refs = deps.map((dep) => pyCall(SPEC, 'TaskRef', dep))
  return pyCall(SPEC, 'Task', key, call, pyCall(SPEC, 'List', ref, args.head, [...args.buffers], options, ...refs))
}

/** The call in a task, if it is one of TypeScript. */
export function typeScriptIn(func: unknown, args: readonly unknown[]): TypeScriptCall | undefined {
  if (!(func instanceof PyObject) || !/^_?operator\.methodcaller$/.test(func.maker ?? '')) return undefined
  const [name] = func.args instanceof PyTuple ? func.args.items : []
  const [list] = args
  const node = nodeOf(list)
  const items = node?.kind === 'container' ? node.items : list
  if (typeof name !== 'string' || !name.startsWith(MARK) || !Array.isArray(items)) return undefined
  const [ref, head, buffers, options] = items as unknown[]
  if (typeof ref !== 'string' || !(head instanceof Uint8Array) || !Array.isArray(buffers)) return undefined
  if (!ref.includes('#') || !buffers.every((buffer) => buffer instanceof Uint8Array)) return undefined
  const encoded = new Encoded(head, buffers.map(alone), head.byteLength)
  return { function: ref as FunctionRef, args: encoded, options: optionsIn(options) }
}

function optionsIn(value: unknown): CallOptions {
  const [timeout, logsFor] = value instanceof Map ? [Number(value.get('timeout')), value.get('logsFor')] : []
  return {
    ...(timeout !== undefined && timeout >= 0 && { timeout }),
    ...(typeof logsFor === 'string' && { logsFor }),
  }
}

/** Aligned, and without the pickle that it came in. */
function alone(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer)
}
