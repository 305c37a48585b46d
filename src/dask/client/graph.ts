/** Tasks as Dask's scheduler takes them: a pickle of its own graph classes, which it opens itself. */
import { randomUUID } from 'node:crypto'
import { GraphError } from '../../errors.js'
import type { FromClient, MapSpec, TaskOptions } from '../../protocol/messages.js'
import { isRecord } from '../../protocol/msgpack-extensions.js'
import type { FunctionRef, Key } from '../../protocol/names.js'
import { decode } from '../../values/decode.js'
import { Encoded } from '../../values/encoded.js'
import { keyOf, pickledKeyOf } from '../keys.js'
import { writePickle } from '../pickle/write.js'
import { pythonOf } from '../py.js'
import { PyGlobal, PyObject, PyTuple, pyCall } from '../python.js'
import { toPython } from '../values/to-python.js'
import { Pickled } from '../wire/codec.js'
import { pickleHeader } from '../wire/serialize.js'
import { asEncoded } from '../wire/serialized.js'

const SPEC = 'dask._task_spec'
const NO_CODE = Pickled.of(new PyTuple([]))
const NO_SPANS = Pickled.of({ collections: [] })
const DEPTH_MAX = 1000

/** Which of our options Dask's scheduler understands, under the same names. */
const ANNOTATIONS = ['priority', 'retries', 'workers', 'allow_other_workers', 'resources'] as const

/** The message that submits what can run there, and why the rest cannot. */
export interface Submission {
  readonly message: object | undefined
  readonly refused: ReadonlyMap<Key, string>
}

/** @throws GraphError when the scheduler does not know one of the options. */
export function submission(graph: FromClient['update-graph']): Submission {
  const annotations = Pickled.of(annotationsOf(graph.options))
  const nodes = new Nodes()
  for (const { key, function: ref, args } of graph.tasks) nodes.add(key, ref, args)
  for (const map of graph.maps ?? []) addItems(nodes, map)
  const wanted = [...graph.keys, ...(graph.maps ?? []).flatMap(({ prefix, length }) => keysOf(prefix, length))]
  const keys = new Set(wanted.filter((key) => !nodes.refused.has(key)).map(keyOf))
  const message = keys.size === 0 ? undefined : updateGraph(expression(nodes.made), keys, annotations)
  return { message, refused: nodes.refused }
}

function updateGraph(expression: Encoded, keys: ReadonlySet<unknown>, annotations: Pickled): object {
  return {
    op: 'update-graph',
    expr_ser: expression,
    keys,
    internal_priority: null,
    submitting_task: null,
    fifo_timeout: '100 ms',
    actors: null,
    code: NO_CODE,
    annotations,
    span_metadata: NO_SPANS,
  }
}

/** The keys of a map's items. */
export function keysOf(prefix: string, length: number): Key[] {
  return Array.from({ length }, (_, i) => `${prefix}-${i}`)
}

/** With a token of its own the graph need not be hashed. It must be neither compressed nor split. */
function expression(nodes: ReadonlyMap<unknown, PyObject>): Encoded {
  const token = randomUUID().replaceAll('-', '')
  const graph = new PyGlobal('dask._expr', 'LLGExpr')
  const { bytes, buffers } = writePickle(pyCall('dask._expr', 'Expr._reconstruct', graph, nodes, token, {}), toPython)
  const memory = buffers.map((buffer) => buffer.bytes)
  return asEncoded({ header: pickleHeader(buffers), frames: [bytes, ...memory] })
}

/** A task that cannot be written is refused alone. */
class Nodes {
  /** By keys as they stand in a pickle. */
  readonly made = new Map<unknown, PyObject>()
  readonly refused = new Map<Key, string>()

  add(key: Key, ref: FunctionRef, args: Encoded): void {
    try {
      const name = pickledKeyOf(key)
      this.made.set(name, nodeOf(key, name, ref, args))
    } catch (error) {
      this.refused.set(key, (error as Error).message)
    }
  }
}

function addItems(nodes: Nodes, map: MapSpec): void {
  const { buffer, byteOffset, length } = map.offsets
  const offsets = new DataView(buffer, byteOffset, length)
  keysOf(map.prefix, map.length).forEach((key, i) => {
    const head = map.args.subarray(offsets.getUint32(4 * i, true), offsets.getUint32(4 * i + 4, true))
    nodes.add(key, map.function, new Encoded(head, map.buffers.get(i) ?? [], 0))
  })
}

function nodeOf(key: Key, name: unknown, ref: FunctionRef, encoded: Encoded): PyObject {
  const callable = pythonOf(ref)
  if (callable === undefined) {
    const what = `'${key}' is a function of TypeScript's, which no worker of a Dask cluster can run`
    throw new GraphError(`${what}: name a function of Python's with py('module.function')`)
  }
  const args = new Arguments().of(encoded)
  return pyCall(SPEC, 'Task', name, callable, ...args)
}

/** Arguments in which a future is a reference, and what holds one a node that the worker evaluates. */
class Arguments {
  readonly #refs = new Map<Key, PyObject>()

  of(encoded: Encoded): unknown[] {
    const args = decode(encoded, { resolve: (key) => this.#ref(key) }) as unknown[]
    return this.#refs.size === 0 ? args : args.map((arg) => this.#node(arg, 0))
  }

  #ref(key: Key): PyObject {
    const known = this.#refs.get(key)
    if (known !== undefined) return known
    const ref = pyCall(SPEC, 'TaskRef', pickledKeyOf(key))
    this.#refs.set(key, ref)
    return ref
  }

  #node(value: unknown, depth: number): unknown {
    if (depth > DEPTH_MAX) throw new GraphError(`arguments nested deeper than ${DEPTH_MAX}`)
    if (typeof value !== 'object' || value === null || !this.#holdsRef(value, depth)) return value
    if (Array.isArray(value)) return pyCall(SPEC, 'List', ...value.map((item) => this.#node(item, depth + 1)))
    if (value instanceof Set) return pyCall(SPEC, 'Set', ...[...value].map((item) => this.#node(item, depth + 1)))
    if (value instanceof PyObject) return value
    const entries = value instanceof Map ? [...value] : Object.entries(value)
    return pyCall(SPEC, 'Dict', ...entries.flatMap(([key, item]) => [key, this.#node(item, depth + 1)]))
  }

  #holdsRef(value: unknown, depth: number): boolean {
    if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return false
    if (value instanceof PyObject) return true
    const holds = (item: unknown) => this.#holdsRef(item, depth + 1)
    if (Array.isArray(value)) return value.some(holds)
    if (value instanceof Set || value instanceof Map) return [...value.values()].some(holds)
    return isRecord(value) && Object.values(value).some(holds)
  }
}

function annotationsOf(options: TaskOptions | undefined): Record<string, unknown> {
  if (options === undefined) return {}
  const known: readonly string[] = ANNOTATIONS
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !known.includes(name))
  if (unknown !== undefined) throw new GraphError(`a Dask scheduler has no option '${unknown[0]}' for tasks`)
  if (options.resources !== undefined && options.allow_other_workers === true)
    throw new GraphError('a Dask scheduler breaks when resources and allowOtherWorkers are given together')
  return Object.fromEntries(ANNOTATIONS.flatMap((name) => (name in options ? [[name, options[name]]] : [])))
}
