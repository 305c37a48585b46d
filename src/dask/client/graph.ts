/** Tasks as Dask's scheduler takes them: a pickle of its own graph classes, which it opens itself. */
import { randomUUID } from 'node:crypto'
import type { Artefact } from '../../code/artefact.js'
import { GraphError } from '../../errors.js'
import type { FromClient, MapSpec, TaskOptions } from '../../protocol/messages.js'
import { isRecord } from '../../protocol/msgpack-extensions.js'
import type { ClientId, FunctionRef, Key } from '../../protocol/names.js'
import { decode } from '../../values/decode.js'
import { Encoded } from '../../values/encoded.js'
import { keyOf, keyText, pickledKeyOf } from '../keys.js'
import { writePickle } from '../pickle/write.js'
import { keywordsIn, pythonOf } from '../py.js'
import { PyGlobal, PyObject, PyTuple, pyCall } from '../python.js'
import { type CallOptions, codeKey, codeNode, typeScriptTask } from '../typescript.js'
import { toPython } from '../values/to-python.js'
import { Pickled } from '../wire/codec.js'
import { pickleHeader } from '../wire/serialize.js'
import { asEncoded } from '../wire/serialized.js'
import { annotationsOf } from './annotations.js'

const SPEC = 'dask._task_spec'
const NO_CODE = Pickled.of(new PyTuple([]))
const NO_SPANS = Pickled.of({ collections: [] })
const DEPTH_MAX = 1000
/** `apply(f, args, kwargs)`. */
const APPLY = new PyGlobal('dask.utils', 'apply')

/** The message that submits what can run there, and why the rest cannot. */
export interface Submission {
  readonly message: object | undefined
  readonly refused: ReadonlyMap<Key, string>
  /** Hashes of the code that its tasks depend on. */
  readonly code: ReadonlySet<string>
}

type CodeFor = (ref: FunctionRef) => string[]

/** `codeFor` names all the code that a function needs. @throws GraphError for an option that the scheduler has not. */
export function submission(graph: FromClient['update-graph'], codeFor: CodeFor, client: ClientId): Submission {
  const nodes = new Nodes(callOptions(graph.options, client), codeFor)
  for (const { key, function: ref, args, deps } of graph.tasks) nodes.add(key, ref, args, deps)
  for (const map of graph.maps ?? []) addItems(nodes, map)
  const expression = nodes.write()
  const wanted = [...graph.keys, ...(graph.maps ?? []).flatMap(({ prefix, length }) => keysOf(prefix, length))]
  const keys = wanted.filter((key) => !nodes.refused.has(key))
  const annotations = annotationsOf(graph.options, nodes.typeScript, nodes.made.size)
  const message = keys.length === 0 ? undefined : updateGraph(expression, keys, annotations)
  return { message, refused: nodes.refused, code: nodes.code }
}

function callOptions({ timeout, logs }: TaskOptions = {}, client: ClientId): CallOptions {
  return { ...(timeout !== undefined && { timeout }), ...(logs === true && { logsFor: client }) }
}

/** The message that puts code into the cluster. */
export function codeSubmission(artefacts: readonly Artefact[]): object {
  const keys = artefacts.map(({ hash }) => codeKey(hash))
  const nodes = new Map<unknown, PyObject>(artefacts.map((artefact) => [codeKey(artefact.hash), codeNode(artefact)]))
  return updateGraph(expressionOf(nodes), keys, annotationsOf({}, new Set(keys), keys.length))
}

function updateGraph(expression: Encoded, keys: readonly Key[], annotations: object): object {
  return {
    op: 'update-graph',
    expr_ser: expression,
    keys: new Set(keys.map(keyOf)),
    internal_priority: null,
    submitting_task: null,
    fifo_timeout: '100 ms',
    actors: null,
    code: NO_CODE,
    annotations: Pickled.of(annotations),
    span_metadata: NO_SPANS,
  }
}

/** The keys of a map's items. */
export function keysOf(prefix: string, length: number): Key[] {
  return Array.from({ length }, (_, i) => `${prefix}-${i}`)
}

/** With a token of its own the graph need not be hashed. It must be neither compressed nor split. */
function expressionOf(nodes: ReadonlyMap<unknown, PyObject>): Encoded {
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
  /** Those of them that are tasks of ours. */
  readonly typeScript = new Set<unknown>()
  readonly refused = new Map<Key, string>()
  readonly code = new Set<string>()
  readonly #options: CallOptions
  readonly #codeFor: CodeFor
  #last: { readonly ref: FunctionRef; readonly deps: readonly string[] } | undefined

  constructor(options: CallOptions, codeFor: CodeFor) {
    this.#options = options
    this.#codeFor = codeFor
  }

  add(key: Key, ref: FunctionRef, args: Encoded, deps: readonly Key[]): void {
    const name = pickledKeyOf(key)
    try {
      const callable = pythonOf(ref)
      this.made.set(name, callable === undefined ? this.#ours(name, ref, args, deps) : theirs(name, callable, args))
    } catch (error) {
      this.refused.set(key, (error as Error).message)
    }
  }

  /** The graph of those that can be written; which others there are is looked for only if there are some. */
  write(): Encoded {
    try {
      return expressionOf(this.made)
    } catch {
      for (const [name, node] of this.made) {
        const reason = whyNotWritten(node)
        if (reason === undefined) continue
        this.made.delete(name)
        this.typeScript.delete(name)
        this.refused.set(keyText(name), reason)
      }
      return expressionOf(this.made)
    }
  }

  /** It depends on its code as on data. */
  #ours(name: unknown, ref: FunctionRef, args: Encoded, deps: readonly Key[]): PyObject {
    this.typeScript.add(name)
    const call = { function: ref, args, options: this.#options }
    return typeScriptTask(name, call, [...deps.map(pickledKeyOf), ...this.#codeDeps(ref)])
  }

  /** Neighbours mostly call the same function. */
  #codeDeps(ref: FunctionRef): readonly string[] {
    if (this.#last?.ref === ref) return this.#last.deps
    const hashes = this.#codeFor(ref)
    for (const hash of hashes) this.code.add(hash)
    this.#last = { ref, deps: hashes.map(codeKey) }
    return this.#last.deps
  }
}

function whyNotWritten(node: PyObject): string | undefined {
  try {
    writePickle(node, toPython)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function addItems(nodes: Nodes, map: MapSpec): void {
  const { buffer, byteOffset, length } = map.offsets
  const offsets = new DataView(buffer, byteOffset, length)
  keysOf(map.prefix, map.length).forEach((key, i) => {
    const head = map.args.subarray(offsets.getUint32(4 * i, true), offsets.getUint32(4 * i + 4, true))
    const deps = [...map.shared_deps, ...(map.deps.get(i) ?? [])]
    nodes.add(key, map.function, new Encoded(head, map.buffers.get(i) ?? [], 0), deps)
  })
}

function theirs(name: unknown, callable: PyGlobal | PyObject, encoded: Encoded): PyObject {
  const args = new Arguments()
  const given = args.read(encoded)
  const keywords = keywordsIn(given.at(-1))
  if (keywords === undefined) return pyCall(SPEC, 'Task', name, callable, ...given.map((one) => args.node(one)))
  const rest = given.slice(0, -1)
  return pyCall(SPEC, 'Task', name, APPLY, callable, args.node(rest), args.node(keywords))
}

/** Arguments in which a future is a reference, and what holds one a node that the worker evaluates. */
class Arguments {
  readonly #refs = new Map<Key, PyObject>()

  read(encoded: Encoded): unknown[] {
    return decode(encoded, { resolve: (key) => this.#ref(key) }) as unknown[]
  }

  node(value: unknown): unknown {
    return this.#refs.size === 0 ? value : this.#node(value, 0)
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
    // The one form that all releases take.
    return pyCall(SPEC, 'Dict', new Map(entries.map(([key, item]) => [key, this.#node(item, depth + 1)])))
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
