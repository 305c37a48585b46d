/** What the options of a submission are to Dask's scheduler. */
import { GraphError } from '../../errors.js'
import type { TaskOptions } from '../../protocol/messages.js'
import { PyGlobal, type PyObject, pyCall } from '../python.js'
import { TAG } from '../typescript.js'

/** Which of our options the scheduler understands, under the same names. */
const KNOWN = ['priority', 'retries', 'workers', 'allow_other_workers', 'resources'] as const
/** What a worker of ours heeds by itself; Python's print without being told so. */
const BY_WORKER = ['timeout', 'logs']

/** @throws GraphError when the scheduler does not know one of them. `typeScript`: the keys, as in pickles, of our tasks. */
export function annotationsOf(
  options: TaskOptions = {},
  typeScript: ReadonlySet<unknown>,
  count: number,
): Record<string, unknown> {
  const known: readonly string[] = typeScript.size === count ? [...KNOWN, ...BY_WORKER] : [...KNOWN, 'logs']
  const unknown = Object.entries(options).find(([name, value]) => value !== undefined && !known.includes(name))
  if (unknown !== undefined) throw new GraphError(`a Dask scheduler has no option '${unknown[0]}' for tasks`)
  const tagged = typeScript.size > 0
  if (options.allow_other_workers === true && (tagged || options.resources !== undefined)) throw noOthers(tagged)
  const given = Object.fromEntries(KNOWN.flatMap((name) => (name in options ? [[name, options[name]]] : [])))
  return tagged ? { ...given, resources: resourcesOf(options.resources, typeScript, count) } : given
}

function noOthers(tagged: boolean): GraphError {
  if (tagged)
    return new GraphError('tasks of TypeScript run on Heddle workers alone: allowOtherWorkers cannot be given')
  return new GraphError('a Dask scheduler breaks when resources and allowOtherWorkers are given together')
}

/** Tasks of ours want our workers. If there are others beside, the scheduler calls a function for each key. */
function resourcesOf(given: Record<string, number> = {}, typeScript: ReadonlySet<unknown>, count: number): unknown {
  const ours = { ...given, [TAG]: 0 }
  if (typeScript.size === count) return ours
  const byKey = pyCall('collections', 'defaultdict', functionOf(given))
  for (const key of typeScript) byKey.entries.push([key, ours])
  return pyCall('builtins', 'getattr', byKey, '__getitem__')
}

/** What gives these resources, each time. */
function functionOf(resources: Record<string, number>): PyObject | PyGlobal {
  const dict = new PyGlobal('builtins', 'dict')
  return Object.keys(resources).length === 0 ? dict : pyCall('functools', 'partial', dict, resources)
}
