import { setFlagsFromString } from 'node:v8'
import { compileFunction } from 'node:vm'
import { LoadError } from '../errors.js'
import type { Artefact } from './artefact.js'
import { positionIn } from './caller.js'
import { shortPath } from './esbuild.js'
import type { Importer } from './importer.js'
import { mapStack, remember } from './stack-map.js'

const PARAMETERS = ['__import', '__url', 'require', '__filename', '__dirname']

// With V8's cache every text ever compiled stays in memory (28 KiB per module, measured on 20, 22 and 24).
let cacheIsOff = false

let mapped = false

/** From now on debuggers show the user's own files for code that was made of them. */
export function mapForDebuggers(): void {
  mapped = true
}

function mapComment({ map }: Artefact): string {
  if (!mapped || map === undefined) return ''
  return `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`
}

/** The file name that an artefact's frames have in stacks. */
export const fileOf = ({ hash, name }: Artefact) => `heddle:${hash}/${name.replace(/[^\w.$-]/g, '_')}`

/** @throws LoadError HEDDLE_LOAD for a syntax error */
export function compile(artefact: Artefact): (importer: Importer) => unknown {
  if (!cacheIsOff) setFlagsFromString('--no-compilation-cache')
  cacheIsOff = true
  const isModule = artefact.kind === 'module'
  // On a line of its own, so that the body's positions are those of its source map.
  const text = isModule ? `return (async () => {\n${artefact.body}\n})()${mapComment(artefact)}` : artefact.body
  try {
    const options = { filename: fileOf(artefact), lineOffset: isModule ? -1 : 0 }
    const body = compileFunction(text, [...PARAMETERS], options)
    return ({ load, url, require, filename, dirname }) => body(load, url, require, filename, dirname)
  } catch (error) {
    throw failed(artefact, error)
  }
}

/** That an artefact could not be loaded, with the user's own error as its cause. */
export function failed(artefact: Artefact, error: unknown): LoadError {
  if (error instanceof LoadError) return error
  // Nobody holds the code that failed, so its map may be gone by now.
  remember(artefact)
  mapStack(error)
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new LoadError('HEDDLE_LOAD', `${artefact.name} cannot be loaded: ${message}${placeOf(error)}`, {
    cause: error,
  })
}

/** Where the top level threw, in the user's own file. */
function placeOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const [at] = stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .flatMap(positionIn)
  return at === undefined ? '' : ` (${shortPath(at.file)}:${at.line}:${at.column})`
}
