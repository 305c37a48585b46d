import { CaptureError } from '../errors.js'
import type { FreeVariable } from './free-variables.js'
import type { FunctionSource } from './source.js'

/** Names each variable with its line, and the two ways out. */
export function captureError(source: FunctionSource, free: readonly FreeVariable[]): CaptureError {
  const uses = free.map(({ shown, isImport, line }) => `${isImport ? 'the import ' : ''}'${shown}' (line ${line})`)
  const many = free.length > 1
  return new CaptureError(
    free.map(({ shown }) => shown),
    `the function '${source.name}' uses ${listed(uses)} from outside, which cannot travel to a worker. ` +
      `Pass ${many ? 'them as arguments' : 'it as an argument'}, or put the function into a module, which is bundled ` +
      'with what it imports: client.module(path)',
  )
}

const listed = (parts: readonly string[]) =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
