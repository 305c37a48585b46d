import type { AnyNode, FunctionExpression, Identifier } from 'acorn'
import { FOREIGN_GLOBALS, WORKER_GLOBALS } from './globals.js'
import type { FunctionSource } from './source.js'
import { scopesOf, unresolved, walk } from './syntax.js'

/** A name that a function takes from outside itself. */
export interface FreeVariable {
  readonly name: string
  /** As the user knows it: `x` of `c_1.x`; else the name. */
  readonly shown: string
  /** `c_1.x`, `__vite_ssr_import_0__.x`: what compilers make of an import. */
  readonly isImport: boolean
  /** The members that are read from it. */
  readonly members: readonly string[]
  /** Line of the first use, 1 for the function's first line. */
  readonly line: number
}

/** Names that the function uses and neither declares nor finds in every worker thread, in order of first use. */
export function freeVariablesOf(source: FunctionSource): FreeVariable[] {
  const uses = usesOf(source)
  const byName = new Map<string, AnyNode[][]>()
  for (const use of uses) byName.set(use.name, [...(byName.get(use.name) ?? []), use.path])
  const free = [...byName].filter(([name, paths]) => !WORKER_GLOBALS.has(name) && !onlyAskedFor(name, paths))
  return [...free.map(([name, paths]) => describe(name, paths, source.expression)), ...capturedSelf(source)]
}

interface Use {
  readonly name: string
  /** The identifier and what holds it, innermost first. */
  readonly path: AnyNode[]
}

function usesOf({ program, strict }: FunctionSource): Use[] {
  const references = unresolved(scopesOf(program, strict ? 'module' : 'script'))
  if (references.length === 0) return []
  const wanted = new Set<unknown>(references.map(({ identifier }) => identifier))
  const parents = new Map<AnyNode, AnyNode | undefined>()
  const found: AnyNode[] = []
  walk(program, (node, parent) => {
    parents.set(node, parent)
    if (wanted.has(node)) found.push(node)
  })
  return found.map((node) => ({ name: (node as Identifier).name, path: [node, ...holdersOf(node, parents)] }))
}

function holdersOf(node: AnyNode, parents: Map<AnyNode, AnyNode | undefined>): AnyNode[] {
  const [first, second] = [parents.get(node), parents.get(parents.get(node)!)]
  return [first, second].filter((holder) => holder !== undefined)
}

/** `typeof window === 'undefined'` asks where it runs; what it guards is not run there. */
function onlyAskedFor(name: string, paths: AnyNode[][]): boolean {
  return FOREIGN_GLOBALS.has(name) && paths.some(([, holder]) => isTypeof(holder))
}

const isTypeof = (node: AnyNode | undefined) => node?.type === 'UnaryExpression' && node.operator === 'typeof'

// What bundlers and compilers call a module: webpack, vite and vitest, TypeScript and esbuild, SWC and Babel.
const MODULE_NAME = /^(\w+__WEBPACK_IMPORTED_MODULE_\w+|__vi(te_ssr)?_import_\w+__|\w+_\d+|import_\w+|_\w+)$/

function describe(name: string, paths: AnyNode[][], code: string): FreeVariable {
  const members = [...new Set(paths.map(([, holder]) => memberRead(holder)).filter((member) => member !== undefined))]
  const line = paths[0]?.[0]?.loc?.start.line ?? 1
  if (name === '__vite_ssr_import_meta__') return { name, shown: 'import.meta', isImport: false, members, line }
  const allMembers = paths.every(([node, holder]) => memberRead(holder) !== undefined && objectOf(holder) === node)
  const isImport = allMembers && MODULE_NAME.test(name)
  const member = members[0] === 'default' || members[0] === '_' ? undefined : members[0]
  const shown = isImport ? (renamedBy(paths, code) ?? member ?? plainName(name)) : name
  return { name, shown, isImport, members, line }
}

/** webpack shortens names of exports, and leaves a comment: `_lib__WEBPACK_IMPORTED_MODULE_2__/* .helper *\/ .X`. */
function renamedBy(paths: AnyNode[][], code: string): string | undefined {
  const holder = paths[0]?.[1]
  if (holder?.type !== 'MemberExpression') return undefined
  return /\/\* \.(\w+) \*\//.exec(code.slice(holder.object.end, holder.property.start))?.[1]
}

/** `import_fs`, `fs_1` and `_fs` stand for the default export of fs; vite's names say nothing. */
const plainName = (name: string) =>
  name.startsWith('__vi') ? 'default' : name.replace(/^(import_|_)|__WEBPACK_IMPORTED_MODULE_\w+$|_\d+$/g, '')

const objectOf = (node: AnyNode | undefined) => (node?.type === 'MemberExpression' ? node.object : undefined)

function memberRead(node: AnyNode | undefined): string | undefined {
  if (node?.type !== 'MemberExpression' || node.computed) return undefined
  return node.property.type === 'Identifier' ? node.property.name : undefined
}

/** An arrow takes `this` from around it, a method reads members of it; `import.meta` belongs to the file. */
function capturedSelf({ node: root, program }: FunctionSource): FreeVariable[] {
  const found = new Map<string, number>()
  walk(program, (node) => {
    if (node.type === 'MetaProperty' && node.meta.name === 'import') found.set('import.meta', node.loc!.start.line)
  })
  const line = root.type === 'ArrowFunctionExpression' ? lineOfThis(root) : lineOfItsMembers(root)
  if (line !== undefined) found.set('this', line)
  return [...found].map(([name, line]) => ({ name, shown: name, isImport: false, members: [], line }))
}

function lineOfThis(root: AnyNode): number | undefined {
  let line: number | undefined
  const look = (node: AnyNode) => {
    if (node.type === 'ThisExpression') line ??= node.loc!.start.line
  }
  walk(root, look, ownsThis)
  return line
}

/** Undefined for what asks first whether there is a `this`, or hands it on, as what TypeScript makes of async functions. */
function lineOfItsMembers({ params, body }: FunctionExpression): number | undefined {
  const lines: number[] = []
  let isAsked = false
  const look = (node: AnyNode, parent: AnyNode | undefined) => {
    if (node.type !== 'ThisExpression') return
    if (parent?.type === 'MemberExpression' && !parent.optional && parent.object === node)
      lines.push(node.loc!.start.line)
    else isAsked = true
  }
  for (const part of [...params, body]) walk(part, look, ownsThis)
  return isAsked ? undefined : lines[0]
}

const ownsThis = (node: AnyNode) =>
  node.type === 'FunctionExpression' ||
  node.type === 'FunctionDeclaration' ||
  node.type === 'PropertyDefinition' ||
  node.type === 'StaticBlock'
