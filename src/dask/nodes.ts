/** The parts of a graph as Dask pickles them: tasks, containers of tasks, references. */
import { keyText } from './keys.js'
import { PyGlobal, PyObject, PyTuple } from './python.js'

const SPEC = 'dask._task_spec.'
const CONTAINERS: Readonly<Record<string, ContainerKind>> = { List: 'list', Tuple: 'tuple', Set: 'set', Dict: 'dict' }

export type ContainerKind = 'list' | 'tuple' | 'set' | 'dict'

export type Node =
  | {
      readonly kind: 'task'
      readonly func: unknown
      readonly args: readonly unknown[]
      readonly kwargs: ReadonlyMap<unknown, unknown>
    }
  /** The items of a dict are keys and values in turn. */
  | { readonly kind: 'container'; readonly of: ContainerKind; readonly items: readonly unknown[] }
  | { readonly kind: 'reference'; readonly key: string }
  | { readonly kind: 'data'; readonly value: unknown }

/** What this is in a graph; undefined: no part of one, or one of a release that we do not know. */
export function nodeOf(value: unknown): Node | undefined {
  if (!(value instanceof PyObject) || !(value.callable instanceof PyGlobal)) return undefined
  const name = value.callable.toString()
  if (!name.startsWith(SPEC)) return undefined
  return partOf(name.slice(SPEC.length), value)
}

function partOf(name: string, object: PyObject): Node | undefined {
  if (name === 'Task') return taskIn(slotsOf(object), -4)
  const kind = CONTAINERS[name]
  if (kind !== undefined) return containerIn(kind, slotsOf(object))
  const [first, second] = object.args instanceof PyTuple ? object.args.items : []
  if (name === 'TaskRef') return { kind: 'reference', key: keyText(first) }
  if (name === 'Alias') return { kind: 'reference', key: keyText(second) }
  return name === 'DataNode' ? { kind: 'data', value: second } : undefined
}

function slotsOf({ state }: PyObject): readonly unknown[] {
  if (Array.isArray(state)) return state
  return state instanceof PyTuple ? state.items : []
}

/**
 * The slots come sorted by their names: …, args, func, key, kwargs. Their place is counted from the end, since names of
 * new ones begin with an underscore.
 */
function taskIn(slots: readonly unknown[], at: number): Node | undefined {
  const args = slots.at(at)
  const kwargs = slots.at(-1)
  if (!(args instanceof PyTuple) || !(kwargs instanceof Map)) return undefined
  return { kind: 'task', func: slots.at(-3), args: args.items, kwargs }
}

/** …, args, constructor, func, key, klass, kwargs. */
function containerIn(of: ContainerKind, slots: readonly unknown[]): Node | undefined {
  const args = slots.at(-6)
  return args instanceof PyTuple ? { kind: 'container', of, items: args.items } : undefined
}
