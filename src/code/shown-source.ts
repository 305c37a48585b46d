import type { AnyNode } from 'acorn'
import type { Artefact } from './artefact.js'
import { type Position, positionIn } from './caller.js'
import { shortPath } from './esbuild.js'
import { essence, findFunction } from './sighting.js'
import { readSourceFile, type SourceFile } from './source-file.js'

/** Where a function that travelled by its source stands in the file that submitted it. */
interface Place {
  readonly file: SourceFile
  readonly node: AnyNode
}

const places = new WeakMap<Artefact, Place | undefined>()

/**
 * Stacks of functions that travel by their source say `function parse:2:9`, for on a worker nothing is known of their
 * file. Whoever submitted one can say more, if the function stands in the file of the call: the frames then name that.
 * `callers`: the stack lines of the call.
 */
export function showSource(error: Error, artefact: Artefact, callers: string): void {
  const frame = new RegExp(`\\bfunction ${artefact.name.replace(/[$]/g, '\\$&')}:(\\d+):(\\d+)`, 'g')
  for (let one: unknown = error, depth = 0; one instanceof Error && depth < 10; one = one.cause, depth++) {
    const { stack } = one
    if (typeof stack !== 'string' || stack.search(frame) < 0) continue
    const place = placeOf(artefact, callers)
    if (place === undefined) return
    const shown = stack.replace(frame, (text, line, column) => positionText(place, artefact, +line, +column) ?? text)
    Reflect.set(one, 'stack', shown)
  }
}

function placeOf(artefact: Artefact, callers: string): Place | undefined {
  if (!places.has(artefact)) places.set(artefact, find(artefact, callers))
  return places.get(artefact)
}

function find(artefact: Artefact, callers: string): Place | undefined {
  const caller = callers.split('\n').flatMap(positionIn)[0]
  if (caller === undefined) return undefined
  try {
    const file = readSourceFile(caller.file)
    const node = findFunction(file, textOf(artefact), caller.line)
    return node && { file, node }
  } catch {
    // It may be bundled, made by eval, or not on this disk.
    return undefined
  }
}

/** Loaders change spaces and quotes: as much of the function's text stands before the position here as there. */
function positionText({ file, node }: Place, artefact: Artefact, line: number, column: number): string | undefined {
  const { body } = artefact
  const lines = body.split('\n')
  const at = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0) + column - 1
  const before = essence(asWritten(body.slice(startOf(artefact), at))).length
  const text = file.code.slice(node.start, node.end)
  const offset = firstWith(text.length, (end) => essence(text.slice(0, end)).length > before)
  const { file: path, ...position } = file.positionAt(node.start + offset - 1) satisfies Position
  return `${shortPath(path)}:${position.line}:${position.column}`
}

/** The least number up to `most` for which it holds; it holds for all that are larger. */
function firstWith(most: number, holds: (n: number) => boolean): number {
  let [low, high] = [1, most]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

const INTRODUCTION = (name: string) => `return { [${JSON.stringify(name)}]: (`

/** Where in its body the function's own text begins. */
function startOf({ body, name }: Artefact): number {
  return body.indexOf(INTRODUCTION(name)) + INTRODUCTION(name).length
}

function textOf(artefact: Artefact): string {
  const { body } = artefact
  return asWritten(body.slice(startOf(artefact), body.lastIndexOf('\n)')))
}

const asWritten = (code: string) => code.replaceAll('__import(', 'import(')
