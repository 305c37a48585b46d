import type { ExportAllDeclaration, ExportNamedDeclaration, ImportDeclaration, Program, Statement } from 'acorn'
import { applyEdits, type Edit } from './edits.js'
import { parse, walk } from './syntax.js'

/** A bundle as the body of an async function, and what it says about itself. */
export interface AsyncBody {
  readonly body: string
  /** The parsed bundle, in which the names of `exports` are declared. */
  readonly program: Program
  /** Local name by export name. */
  readonly exports: ReadonlyMap<string, string>
  /** What local names were imported, of which module. */
  readonly imports: ReadonlyMap<string, { readonly module: string; readonly name: string }>
  /** It asks where its source file is. */
  readonly usesMeta: boolean
}

/**
 * An ECMAScript module (one file, all its dependencies within) becomes the body of an async function: what it imports
 * is awaited from `__import`, what it exports is returned. Every line keeps its number, so the source map stays true.
 */
export function asyncBody(code: string): AsyncBody {
  const program = parse(code, 'module', { lines: false })
  const parts: Parts = { imports: [], exports: [], edits: [], importNames: new Map(), exportNames: new Map() }
  for (const statement of program.body) takeOut(statement as Statement, code, parts)
  if (code.startsWith('#!')) parts.edits.push({ start: 0, end: code.indexOf('\n'), text: '' })
  const usesMeta = rewriteImports(program, code, parts.edits) || /\b__(filename|dirname)\b/.test(code)
  const prologue = `'use strict'; ${awaitAll(parts.imports)}`
  const body = `${prologue}${applyEdits(code, parts.edits).trimEnd()}\nreturn { ${parts.exports.join(', ')} };`
  return { body, program, exports: parts.exportNames, imports: parts.importNames, usesMeta }
}

interface Parts {
  /** Pattern and specifier; hoisted, since a function may use what is imported further down. */
  readonly imports: { pattern: string; specifier: string }[]
  readonly exports: string[]
  readonly edits: Edit[]
  readonly importNames: Map<string, { module: string; name: string }>
  readonly exportNames: Map<string, string>
}

type ModuleStatement = Program['body'][number]

function takeOut(statement: ModuleStatement, code: string, parts: Parts): void {
  const remove = () => parts.edits.push({ start: statement.start, end: statement.end, text: '' })
  if (statement.type === 'ImportDeclaration') remove() && takeImport(statement, parts)
  else if (statement.type === 'ExportNamedDeclaration') remove() && takeExports(statement, parts)
  else if (statement.type === 'ExportAllDeclaration') remove() && takeExportAll(statement, parts)
  else if (statement.type === 'ExportDefaultDeclaration') {
    // esbuild writes it for a CommonJS file only: its `module.exports`.
    const { start, end } = statement.declaration
    parts.edits.push({ start: statement.start, end: start, text: 'const __default = ' })
    parts.exports.push('...__default', 'default: __default')
    parts.exportNames.set('default', code.slice(start, end))
  }
}

function takeImport({ specifiers, source }: ImportDeclaration, parts: Parts): void {
  const module = String(source.value)
  const names: string[] = []
  let namespace: string | undefined
  for (const specifier of specifiers) {
    const local = specifier.local.name
    if (specifier.type === 'ImportNamespaceSpecifier') namespace = local
    else names.push(`${JSON.stringify(importedName(specifier))}: ${local}`)
    const name = specifier.type === 'ImportNamespaceSpecifier' ? '*' : importedName(specifier)
    parts.importNames.set(local, { module, name })
  }
  if (namespace !== undefined) parts.imports.push({ pattern: namespace, specifier: module })
  if (names.length > 0 || namespace === undefined)
    parts.imports.push({ pattern: `{ ${names.join(', ')} }`, specifier: module })
}

function importedName(
  specifier: Exclude<ImportDeclaration['specifiers'][number], { type: 'ImportNamespaceSpecifier' }>,
) {
  return specifier.type === 'ImportDefaultSpecifier' ? 'default' : nameOf(specifier.imported)
}

type ModuleName = ExportNamedDeclaration['specifiers'][number]['exported']

const nameOf = (name: ModuleName) => (name.type === 'Literal' ? String(name.value) : name.name)

function takeExports({ specifiers, source }: ExportNamedDeclaration, parts: Parts): void {
  const from = source == null ? '' : `${reexported(String(source.value), parts)}.`
  for (const { local, exported } of specifiers) {
    parts.exports.push(`[${JSON.stringify(nameOf(exported))}]: ${from}${nameOf(local)}`)
    parts.exportNames.set(nameOf(exported), nameOf(local))
  }
}

function takeExportAll({ exported, source }: ExportAllDeclaration, parts: Parts): void {
  const namespace = reexported(String(source.value), parts)
  parts.exports.push(exported == null ? `...${namespace}` : `[${JSON.stringify(nameOf(exported))}]: ${namespace}`)
}

/** `export … from 'package'`: the package's namespace under a name of ours. */
function reexported(specifier: string, { imports }: Parts): string {
  const pattern = `__reexport${imports.length}`
  imports.push({ pattern, specifier })
  return pattern
}

function awaitAll(imports: Parts['imports']): string {
  if (imports.length === 0) return ''
  const loads = imports.map(({ specifier }) => `__import(${JSON.stringify(specifier)})`)
  return `const [${imports.map(({ pattern }) => pattern).join(', ')}] = await Promise.all([${loads.join(', ')}]); `
}

/** `import(x)` asks the loader; `import.meta` is the loader's. Gives whether it occurs. */
function rewriteImports(program: Program, code: string, edits: Edit[]): boolean {
  let usesMeta = false
  // Most bundles have neither, and a walk over a large one takes a while.
  if (!/\bimport\s*[(.]/.test(code)) return false
  walk(program, (node) => {
    if (node.type === 'ImportExpression') {
      edits.push({ start: node.start, end: node.source.start, text: '__import(' })
      edits.push({ start: node.source.end, end: node.end, text: ')' })
    }
    if (node.type !== 'MetaProperty' || node.meta.name !== 'import') return
    usesMeta = true
    edits.push({ start: node.start, end: node.end, text: '__import.meta' })
  })
  return usesMeta
}
