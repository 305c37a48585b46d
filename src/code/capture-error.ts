import { CaptureError } from '../errors.js'
import { callerPosition } from './caller.js'
import { shortPath } from './esbuild.js'
import type { FreeVariable } from './free-variables.js'
import { type Sighting, sightingOf } from './sighting.js'
import type { FunctionSource } from './source.js'

/** Names each variable with its line and where it was declared, and the two ways out; never what it holds. */
export function captureError(source: FunctionSource, free: readonly FreeVariable[]): CaptureError {
  const caller = callerPosition()
  const sighting = caller === undefined ? undefined : sightingOf(source, free, caller)
  const uses = free.map((variable) => useOf(variable, source, sighting))
  const where = sighting?.at ?? (caller === undefined ? undefined : `${shortPath(caller.file)}:${caller.line}`)
  return new CaptureError(
    free.map(({ shown }) => shown),
    `the function ${nameOf(source)}${where === undefined ? '' : `at ${where} `}uses ${listed(uses)} from outside, ` +
      `which cannot travel to a worker. ${waysOut(source, free)}`,
  )
}

const nameOf = ({ name }: FunctionSource) => (name === 'lambda' ? '' : `'${name}' `)

function useOf(variable: FreeVariable, { text }: FunctionSource, sighting: Sighting | undefined): string {
  const { shown, isImport, line, name } = variable
  const { used, declared, isImport: imported, original } = sighting?.variables.get(name) ?? {}
  const notes = [
    used !== undefined ? `line ${used}` : text.includes('\n') ? `line ${line} of the function` : undefined,
    declared !== undefined ? `${imported ? 'imported' : 'declared'} in line ${declared}` : undefined,
  ].filter((note) => note !== undefined)
  return `${isImport ? 'the import ' : ''}'${original ?? shown}'${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
}

// What a task may ask of Heddle itself, wherever it runs.
const OF_TASKS = new Set(['taskContext', 'getClient', 'getWorker', 'empty'])

function waysOut({ name, text }: FunctionSource, free: readonly FreeVariable[]): string {
  const [first] = free
  if (free.some((variable) => isBundlersImport(variable, text)))
    return (
      'webpack has made it of an import(). Write import(/* webpackIgnore: true */ …), which it leaves as it is, or ' +
      'put the function into a module: client.module(path)'
    )
  if (free.length === 1 && first?.shown === 'this')
    return 'A method travels without its object: pass what it needs as an argument, or export a function from a module: client.module(path)'
  const own = free.filter(({ shown }) => OF_TASKS.has(shown)).map(({ shown }) => shown)
  if (own.length === free.length)
    return `Inside the function, const { ${own.join(', ')} } = await import('heddle') works on every worker`
  const fn = name === 'lambda' ? 'fn' : name
  return (
    `Pass ${free.length > 1 ? 'them as arguments' : 'it as an argument'}, or send the function with what it refers to: ` +
    `task(import.meta, ${fn}) if it stands at the top level of its file, client.module(path) for a module`
  )
}

/** webpack makes `Promise.resolve().then(() => __webpack_require__.t(760, 23))` of an import(), or shortens the name, too. */
function isBundlersImport({ name }: FreeVariable, text: string): boolean {
  if (name === '__webpack_require__') return true
  const bare = text.replace(/\/\*.*?\*\/|[\s()]/gs, '')
  const [, rest] = bare.split(`Promise.resolve.then=>${name}`)
  return rest !== undefined && /^(\.t)?\d/.test(rest)
}

const listed = (parts: readonly string[]) =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
