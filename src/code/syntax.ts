import { createRequire } from 'node:module'
import type { AnyNode, Node, Program } from 'acorn'
import type { Reference, ScopeManager } from 'eslint-scope'

// Loaded at the first function that travels: an import of heddle does not pay for the parser.
const require = createRequire(import.meta.url)
let acorn: typeof import('acorn') | undefined
let eslintScope: typeof import('eslint-scope') | undefined

type SourceType = 'module' | 'script'

/**
 * Parses JavaScript. Without `lines`, which large bundles do better without, nodes have no `loc`, and scopes cannot be
 * told.
 * @throws SyntaxError with `loc`
 */
export function parse(text: string, sourceType: SourceType, { lines = true } = {}): Program {
  acorn ??= require('acorn') as typeof import('acorn')
  return acorn.parse(text, {
    ecmaVersion: 'latest',
    sourceType,
    ranges: lines,
    locations: lines,
    allowHashBang: true,
    allowReturnOutsideFunction: sourceType === 'script',
  })
}

/** The scopes of a parsed text; names that none of them declares are in `globalScope.through`. What `eval` names is not known. */
export function scopesOf(program: Program, sourceType: SourceType | 'commonjs'): ScopeManager {
  eslintScope ??= require('eslint-scope') as typeof import('eslint-scope')
  return eslintScope.analyze(program as never, { ecmaVersion: 2024, sourceType, ignoreEval: true })
}

/** The references that no scope of the text resolves. */
export function unresolved(scopes: ScopeManager): Reference[] {
  return scopes.globalScope?.through ?? []
}

type Visit = (node: AnyNode, parent: AnyNode | undefined) => void

/** Calls `visit` for the node and all below it, parents first, but for what `skip` leaves out. */
export function walk(node: AnyNode, visit: Visit, skip: (node: AnyNode) => boolean = () => false): void {
  step(node, undefined, visit, skip)
}

function step(node: AnyNode, parent: AnyNode | undefined, visit: Visit, skip: (node: AnyNode) => boolean): void {
  if (skip(node)) return
  visit(node, parent)
  for (const key in node) {
    const value: unknown = node[key as keyof AnyNode]
    if (Array.isArray(value)) for (const one of value) isNode(one) && step(one, node, visit, skip)
    else if (isNode(value)) step(value, node, visit, skip)
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}
