import { LoadError } from '../errors.js'
import { type Bundle, bundleSync } from './bundle.js'
import { callerPosition, pathOf } from './caller.js'
import { shortPath } from './esbuild.js'
import { markedName } from './marked-name.js'
import { SHIPPED, type Shipped } from './shipped.js'
import { sliceOf } from './slice.js'
import { readSourceFile, type SourceFile } from './source-file.js'
import { type Binding, topLevelOf } from './top-level.js'

/**
 * Marks a top-level function of the caller's own file so that a slice of that file travels: the function and what it
 * references, never the program itself. Kept declarations run once in each thread, for each marked function apart.
 * `where` is `import.meta`, or `__filename` in CommonJS. Gives `fn` itself.
 *
 * @example
 * const RATE = 0.19
 * const tax = task(import.meta, (net: number) => net * RATE)
 * client.submit(tax, 100)
 *
 * @throws LoadError HEDDLE_TASK_NOT_TOP_LEVEL unless `fn` is a top-level function or const of that file, or if
 * what it references awaits at the top level or needs what only a program has (a Client, a LocalCluster)
 */
export function task<F extends (...args: never[]) => unknown>(where: ImportMeta | string, fn: F): F {
  const file = readSourceFile(pathOf(typeof where === 'string' ? where : where.url))
  const name = nameAtTopLevel(file, fn)
  const text = sliceOf(file, name)
  let shipped: Shipped | undefined
  const get = () => {
    shipped ??= shippedOf(name, bundleSync({ file: file.path, text }))
    return shipped
  }
  return Object.defineProperty(fn, SHIPPED, { get, configurable: true })
}

function shippedOf(name: string, { artefact }: Bundle): Shipped {
  return { ref: `${artefact.hash}#${name}`, artefact, name, pure: false }
}

function nameAtTopLevel(file: SourceFile, fn: (...args: never[]) => unknown): string {
  const topLevel = topLevelOf(file)
  const binding = topLevel.bindings.get(fn.name)
  if (binding?.declaredBy.some(({ kind }) => kind === 'declaration') && fits(binding, fn)) return fn.name
  const name = markedName(file, topLevel)
  if (name === undefined) throw notTopLevel(file, fn)
  return name
}

function notTopLevel(file: SourceFile, fn: (...args: never[]) => unknown): LoadError {
  const caller = callerPosition()
  const line = caller?.file === file.path ? caller.line : undefined
  const what =
    fn.name === '' ? 'a function without a name' : `'${fn.name}', which is no top-level function of that file`
  return new LoadError(
    'HEDDLE_TASK_NOT_TOP_LEVEL',
    `task(…) at ${shortPath(file.path)}${line === undefined ? '' : `:${line}`} was given ${what}. ` +
      'Make it a named function or const at the top level, or put it into a module: client.module(path)' +
      bundledNote(file, caller?.file),
  )
}

/** webpack says where a file was that it bundled; what runs is another file, in which names may be shortened. */
function bundledNote({ path }: SourceFile, runs: string | undefined): string {
  if (runs === undefined || runs === path) return ''
  return `. It runs as part of ${shortPath(runs)}: if names were shortened there, tell the bundler to keep them`
}

/** A function of the same name elsewhere in the file is another one; it shows in the number of parameters at least. */
function fits({ declaredBy }: Binding, fn: (...args: never[]) => unknown): boolean {
  const [item] = declaredBy
  const node = item?.node.type === 'VariableDeclarator' ? item.node.init : item?.node
  if (node?.type === 'Literal' || node?.type === 'ClassDeclaration' || node?.type === 'ObjectExpression') return false
  const isFunction = node?.type === 'FunctionDeclaration' || node?.type === 'ArrowFunctionExpression'
  return !isFunction || !node.params.every(({ type }) => type === 'Identifier') || node.params.length === fn.length
}
